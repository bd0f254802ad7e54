#!/usr/bin/env python3
"""Runs a PyTorch peer as fast as this machine lets it be, and says first on what it runs: one line `peer {json}`.

   /usr/bin/python3 checked_peer.py PEERS SCRIPT [ARGUMENT …]

PEERS is the folder of fair.py, which starts the process anew with tcmalloc and the machine's own kernels. Ends with 3 and
the remedy where tcmalloc was not loaded or the kernels of the products have no name: a comparison would say nothing.
"""
import ctypes, json, runpy, sys

PEERS, SCRIPT = sys.argv[1:3]
sys.path[:0] = [PEERS]
import fair  # noqa: F401, E402  before torch: it may start this script anew
import torch  # noqa: E402


def mapped(name):
    """The path of a library that this process has loaded; None where it has not."""
    with open('/proc/self/maps') as maps:
        return next((line.split()[-1] for line in maps if name in line), None)


def kernels(path):
    """What OpenBLAS calls the kernels that it chose for this processor."""
    if path is None: return None
    library = ctypes.CDLL(path)
    library.openblas_get_corename.restype = ctypes.c_char_p
    return library.openblas_get_corename().decode()


def describe():
    torch.ones(2, 2) @ torch.ones(2, 2)
    openblas = mapped('libopenblas')
    return dict(torch=torch.__version__, allocator=mapped('libtcmalloc'), blas=openblas, kernels=kernels(openblas))


def refuse(reason, remedy):
    print(f'this peer is not fair: {reason}; {remedy}', file=sys.stderr)
    sys.exit(3)


peer = describe()
if peer['allocator'] is None: refuse('tcmalloc is not loaded', 'apt-get install -y libtcmalloc-minimal4')
if peer['kernels'] is None: refuse('its kernels are not known', 'apt-get install -y libopenblas0-pthread')
print('peer ' + json.dumps(peer), flush=True)
sys.argv = [SCRIPT] + sys.argv[3:]
runpy.run_path(SCRIPT, run_name='__main__')
