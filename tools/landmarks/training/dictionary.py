"""A dictionary of what stands behind the frozen blocks: a small topk sparse autoencoder (Gao et al. 2024).

It only has to say which directions texts use there; the SAEs that Facet trains on the finished model are others.
"""
from dataclasses import dataclass

import torch

D_SAE, K, BATCH_TOKENS, LEARNING_RATE, WARMUP = 4096, 5, 1024, 8e-4, 100


@dataclass
class Dictionary:
    """Encoder [d_model, d_sae] and biases, unit directions [d_sae, d_model], per feature its maximum and how often it was seen."""

    encoder: torch.Tensor
    bias: torch.Tensor
    center: torch.Tensor
    directions: torch.Tensor
    maxima: torch.Tensor
    seen: torch.Tensor

    def encode(self, x):
        """Returns the k largest activations of x [n, d_model] and their features, each [n, k]."""
        values, features = torch.topk((x - self.center) @ self.encoder + self.bias, K, dim=1)
        return values.relu_(), features


def train_dictionary(activations, epochs, seed):
    """Trains on activations [n, d_model]; minimizes the mean squared error with the k largest features of each row."""
    random = torch.Generator().manual_seed(seed)
    count, d = activations.shape
    directions = torch.nn.functional.normalize(torch.randn(D_SAE, d, generator=random), dim=1)
    scale = activations.square().mean().sqrt()
    parameters = [directions.T.clone(), torch.zeros(D_SAE), activations.mean(0) / scale, directions]
    for parameter in parameters:
        parameter.requires_grad_(True)
    encoder, bias, center, decoder = parameters
    adam = torch.optim.Adam(parameters, LEARNING_RATE, betas=(0.9, 0.999))
    steps = epochs * (count // BATCH_TOKENS)
    error = 0.0
    for step in range(steps):
        at = step % (count // BATCH_TOKENS)
        if at == 0:
            order = torch.randperm(count, generator=random)
        x = activations[order[at * BATCH_TOKENS:(at + 1) * BATCH_TOKENS]] / scale
        for group in adam.param_groups:
            group["lr"] = LEARNING_RATE * min(1, (step + 1) / WARMUP, 5 * (steps - step) / steps)
        values, features = torch.topk((x - center) @ encoder + bias, K, dim=1)
        values = values.relu()
        rebuilt = torch.bmm(values[:, None], decoder[features])[:, 0] + center
        loss = (rebuilt - x).square().sum(1).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
        with torch.no_grad():
            decoder.div_(torch.linalg.vector_norm(decoder, dim=1, keepdim=True))
        error += float(loss) / float((x - x.mean(0)).square().sum(1).mean())
        if (step + 1) % 200 == 0:
            print(f"dictionary: step {step + 1} of {steps}, fvu {error / 200:.4f}", flush=True)
            error = 0.0
    with torch.no_grad():
        made = Dictionary(encoder.detach(), bias.detach() * scale, center.detach() * scale, decoder.detach(),
                          torch.zeros(D_SAE), torch.zeros(D_SAE))
        for part in activations.split(8192):
            values, features = made.encode(part)
            made.maxima.scatter_reduce_(0, features.view(-1), values.view(-1), "amax")
    print(f"dictionary: {int((made.maxima > 0).sum())} of {D_SAE} features alive, median maximum "
          f"{float(made.maxima[made.maxima > 0].median()):.2f}, mean length {float(activations.norm(dim=1).mean()):.2f}",
          flush=True)
    return made
