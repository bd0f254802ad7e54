#!/usr/bin/env python3
"""The quality peer for five ways to train an SAE, dense and by autograd, as dictionary_learning's trainers state them.

   /usr/bin/python3 torch_sae_recipes.py SETTINGS      (topk is ../shared/peers/torch_sae_train.py)

SETTINGS is JSON: rows (a raw little-endian float32 file [n, d_in] in training order, the last `held_out` never trained on),
d_in, held_out, d_sae, batch, seed, learning_rate, warmup, window (rows of silence after which a feature is dead), recipe, and its
`lambda`, `target_l0` or `k` and `prefixes`. Prints `result {json}`: l0, fvu (mean over the held-out set), dead, tokens_per_s.

Rows are scaled to unit mean square where there is a penalty. Adam, lr to 0 over the last fifth of the steps, penalties rise
over the first twentieth, gradients are clipped to 1, decoder rows keep length 1 but in `standard`.
"""
import fair  # noqa: F401  first: it may start this script anew
import json, sys, time
import numpy as np, torch

torch.set_num_threads(2)
AUXK = 1 / 32
THRESHOLD_RATE = .01
BANDWIDTH = .001


class Jump(torch.autograd.Function):
    """z where it exceeds θ, else 0; in θ by the rectangle estimator of width ε: −θ/ε inside the window."""
    @staticmethod
    def forward(ctx, z, theta):
        ctx.save_for_backward(z, theta)
        return z * (z > theta)

    @staticmethod
    def backward(ctx, slope):
        z, theta = ctx.saved_tensors
        window = ((z - theta).abs() < BANDWIDTH / 2).to(z.dtype)
        return slope * (z > theta), (-theta / BANDWIDTH * window * slope).sum(0)


class Fires(torch.autograd.Function):
    """1 where z exceeds θ; in θ by the same estimator: −1/ε inside the window."""
    @staticmethod
    def forward(ctx, z, theta):
        ctx.save_for_backward(z, theta)
        return (z > theta).to(z.dtype)

    @staticmethod
    def backward(ctx, slope):
        z, theta = ctx.saved_tensors
        window = ((z - theta).abs() < BANDWIDTH / 2).to(z.dtype)
        return None, (-1 / BANDWIDTH * window * slope).sum(0)


class Sae:
    """Weights with W_enc = W_decᵀ to begin with, rows of W_dec of length `norm`."""
    def __init__(self, d, F, norm):
        rows = torch.randn(F, d)
        self.W_dec = (norm * rows / rows.norm(dim=1, keepdim=True)).requires_grad_()
        self.W_enc = self.W_dec.detach().clone().requires_grad_()
        self.b_enc = torch.zeros(F, requires_grad=True)
        self.b_dec = torch.zeros(d, requires_grad=True)

    def parameters(self): return [value for value in vars(self).values() if torch.is_tensor(value)]
    def pre(self, x): return x @ self.W_enc.T + self.b_enc
    def decode(self, f): return f @ self.W_dec + self.b_dec


def errors(x, y): return (x - y).pow(2).sum(1).mean()


class Standard(Sae):
    """The update of April 2024: L1 weighted by decoder norms."""
    unit, beta1 = False, .9

    def __init__(self, s, x): super().__init__(s['d_in'], s['d_sae'], .1)
    def encode(self, x): return torch.relu(self.pre(x))

    def loss(self, x, weight):
        f = self.encode(x)
        return errors(x, self.decode(f)) + weight * (f * self.W_dec.norm(dim=1)).sum(1).mean(), f


class Gated(Sae):
    """b_enc is the gate's bias; the gate alone decodes through a decoder that is held fixed."""
    unit, beta1 = True, 0.

    def __init__(self, s, x):
        super().__init__(s['d_in'], s['d_sae'], 1.)
        self.b_mag = torch.zeros(s['d_sae'], requires_grad=True)
        self.r_mag = torch.zeros(s['d_sae'], requires_grad=True)

    def paths(self, x):
        z = (x - self.b_dec) @ self.W_enc.T
        gate = torch.relu(z + self.b_enc)
        return (gate > 0) * torch.relu(z * self.r_mag.exp() + self.b_mag), gate

    def encode(self, x): return self.paths(x)[0]

    def loss(self, x, weight):
        f, gate = self.paths(x)
        alone = gate @ self.W_dec.detach() + self.b_dec.detach()
        return errors(x, self.decode(f)) + weight * gate.sum(1).mean() + errors(x, alone), f


class Jumprelu(Sae):
    """θ itself is trained, from 0.001; the penalty is (l0 / target − 1)²."""
    unit, beta1 = True, 0.

    def __init__(self, s, x):
        super().__init__(s['d_in'], s['d_sae'], 1.)
        self.theta = torch.full((s['d_sae'],), .001, requires_grad=True)
        self.target = s['target_l0']

    def encode(self, x): return Jump.apply(torch.relu(self.pre(x)), self.theta)

    def loss(self, x, weight):
        f = self.encode(x)
        l0 = Fires.apply(f, self.theta).sum(1).mean()
        return errors(x, self.decode(f)) + weight * (l0 / self.target - 1) ** 2, f


class Batchtopk(Sae):
    """The B·k largest of a batch; at inference what exceeds the moving average of the smallest of them."""
    unit, beta1 = True, .9

    def __init__(self, s, x):
        super().__init__(s['d_in'], s['d_sae'], 1.)
        self.k, self.window, self.threshold = s['k'], s['window'], None
        self.prefixes = s.get('prefixes') or [s['d_sae']]
        with torch.no_grad(): self.b_dec += geometric_median(x)

    def positive(self, x): return torch.relu(self.pre(x - self.b_dec))

    def encode(self, x):
        p = self.positive(x)
        return p * (p > self.threshold)

    def loss(self, x, weight):
        p = self.positive(x)
        values, places = p.flatten().topk(self.k * len(x), sorted=False)
        f = torch.zeros(p.numel()).scatter(0, places, values).reshape(p.shape)
        smallest = float(values[values > 0].min())
        if self.threshold is None: self.threshold = smallest
        self.threshold += THRESHOLD_RATE * (smallest - self.threshold)
        total, part, first = 0., self.b_dec, 0
        for last in self.prefixes:
            part = part + f[:, first:last] @ self.W_dec[first:last]
            total, first = total + errors(x, part), last
        return total / len(self.prefixes) + AUXK * self.auxiliary(p, (x - part).detach()), f

    def auxiliary(self, p, residual):
        """What the strongest dead features leave of the residual, against its variance."""
        dead = self.silent >= self.window
        if not dead.any(): return 0.
        k = min(p.shape[1], residual.shape[1] // 2, int(dead.sum()))
        values, places = torch.where(dead, p, torch.tensor(-np.inf)).topk(k, sorted=False)
        again = torch.zeros_like(p).scatter(-1, places, values) @ self.W_dec
        return (errors(residual, again) / errors(residual, residual.mean(0))).nan_to_num(0)


def geometric_median(x):
    middle = x.mean(0)
    for _ in range(100):
        weights = 1 / (x - middle).norm(dim=1).clamp_min(1e-8)
        before, middle = middle, (x * (weights / weights.sum())[:, None]).sum(0)
        if (middle - before).norm() < 1e-5: break
    return middle


def train(s, X, make):
    B, steps = s['batch'], (len(X) - s['held_out']) // s['batch']
    first = torch.from_numpy(np.array(X[:B]))
    scale = 1. if make is Batchtopk else float(first.pow(2).sum(1).mean()) ** -.5
    sae = make(s, first * scale)
    sae.silent = torch.zeros(s['d_sae'])
    parameters = [value for value in sae.parameters() if value.requires_grad]
    adam = torch.optim.Adam(parameters, lr=s['learning_rate'], betas=(make.beta1, .999))
    begun = time.time()
    for step in range(steps):
        rate = min(1, (step + 1) / max(1, s['warmup'])) * min(1, (steps - step) / (.2 * steps))
        for group in adam.param_groups: group['lr'] = s['learning_rate'] * rate
        x = torch.from_numpy(np.array(X[step * B:(step + 1) * B])) * scale
        loss, f = sae.loss(x, s.get('lambda', 1.) * min(1, (step + 1) / (.05 * steps)))
        sae.silent += B
        sae.silent[(f > 0).any(0)] = 0
        adam.zero_grad()
        loss.backward()
        W = sae.W_dec
        if make.unit: W.grad -= ((W.grad * W).sum(1, keepdim=True) * W).detach()
        torch.nn.utils.clip_grad_norm_(parameters, 1.)
        adam.step()
        if make.unit:
            with torch.no_grad(): W /= W.norm(dim=1, keepdim=True)
    return sae, scale, steps * B / (time.time() - begun)


def measure(s, X, sae, scale):
    x = torch.from_numpy(np.array(X[len(X) - s['held_out']:])) * scale
    f = sae.encode(x)
    return dict(l0=float((f > 0).sum(1).float().mean()), fvu=float(errors(x, sae.decode(f)) / errors(x, x.mean(0))),
                dead=float((sae.silent >= s['window']).float().mean()))


settings = json.loads(sys.argv[1])
torch.manual_seed(settings['seed'])
rows = np.memmap(settings['rows'], '<f4', 'r').reshape(-1, settings['d_in'])
ways = dict(standard=Standard, gated=Gated, jumprelu=Jumprelu, batchtopk=Batchtopk, matryoshka=Batchtopk)
trained, scale, rate = train(settings, rows, ways[settings['recipe']])
with torch.no_grad(): print('result ' + json.dumps(dict(measure(settings, rows, trained, scale), tokens_per_s=round(rate))))
