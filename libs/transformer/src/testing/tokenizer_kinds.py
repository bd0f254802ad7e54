"""Records what the Python package `tokenizers` gives for a few texts with tokenizers of every kind.

    pip install tokenizers==0.23.2 && python3 libs/transformer/src/testing/tokenizer_kinds.py

writes tokenizer-kinds.jsonl beside it: the first line holds the parts that all share, each other line one kind.
"""

import json
from pathlib import Path

from tokenizers import Tokenizer

chars = list("abcdefghijklmnopqrstuvwxyzABCH0123456789 .,!?'-_▁\n\té")
merges = [
    ["h", "e"],
    ["l", "l"],
    ["ll", "o"],
    ["he", "llo"],
    ["t", "h"],
    ["th", "e"],
    ["▁", "the"],
    ["▁", "hello"],
    ["i", "n"],
    ["in", "g"],
    [" ", "a"],
    ["▁", "a"],
    ["a", " "],
    ["1", "2"],
    ["d", "o"],
    ["do", "g"],
]
vocab = ["<unk>"] + chars + ["".join(m) for m in merges]
BPE = dict(
    type="BPE",
    dropout=None,
    unk_token="<unk>",
    continuing_subword_prefix=None,
    end_of_word_suffix=None,
    fuse_unk=False,
    byte_fallback=False,
    ignore_merges=False,
    vocab={t: i for i, t in enumerate(vocab)},
    merges=merges,
)
N = len(vocab)


def at(content, i, **k):
    return dict(
        dict(
            id=i,
            content=content,
            single_word=False,
            lstrip=False,
            rstrip=False,
            normalized=False,
            special=False,
        ),
        **k,
    )


def split(p, b, inv=False):
    return dict(type="Split", pattern=p, behavior=b, invert=inv)


seq = lambda key, *x: {"type": "Sequence", key: list(x)}
kinds = {}
for b in ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]:
    for inv in (False, True):
        kinds[f"Split {b}{' inverted' if inv else ''}"] = {"pre_tokenizer": split({"Regex": "[ ,]"}, b, inv)}
    kinds[f"Punctuation {b}"] = {"pre_tokenizer": dict(type="Punctuation", behavior=b)}
kinds["Split by a string"] = {"pre_tokenizer": split({"String": "a "}, "Isolated")}
for s in ["always", "first", "never"]:
    for sp in (True, False):
        m = dict(type="Metaspace", replacement="▁", prepend_scheme=s, split=sp)
        kinds[f"Metaspace {s}{'' if sp else ' unsplit'}"] = {
            "pre_tokenizer": m,
            "decoder": m,
            "added_tokens": [at("<mark>", N)],
        }
kinds["Whitespace"] = {"pre_tokenizer": dict(type="Whitespace")}
kinds["WhitespaceSplit"] = {"pre_tokenizer": dict(type="WhitespaceSplit")}
kinds["BertPreTokenizer"] = {"pre_tokenizer": dict(type="BertPreTokenizer")}
kinds["CharDelimiterSplit"] = {"pre_tokenizer": dict(type="CharDelimiterSplit", delimiter="l")}
kinds["Digits one by one"] = {"pre_tokenizer": dict(type="Digits", individual_digits=True)}
kinds["Digits together"] = {"pre_tokenizer": dict(type="Digits", individual_digits=False)}
kinds["UnicodeScripts"] = {"pre_tokenizer": dict(type="UnicodeScripts")}
kinds["FixedLength"] = {"pre_tokenizer": dict(type="FixedLength", length=3)}
kinds["Sequence of pre-tokenizers"] = {
    "pre_tokenizer": seq(
        "pretokenizers", dict(type="WhitespaceSplit"), dict(type="Digits", individual_digits=True)
    )
}
for n in ["NFC", "NFD", "NFKC", "NFKD", "StripAccents", "Lowercase", "Nmt"]:
    kinds[n] = {"normalizer": dict(type=n)}
kinds["Prepend"] = {"normalizer": dict(type="Prepend", prepend="▁")}
kinds["Replace by a regex"] = {"normalizer": dict(type="Replace", pattern={"Regex": " +"}, content="▁")}
kinds["Strip"] = {"normalizer": dict(type="Strip", strip_left=True, strip_right=True)}
kinds["BertNormalizer"] = {
    "normalizer": dict(
        type="BertNormalizer", clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True
    )
}
for f in ["single_word", "lstrip", "rstrip", "normalized"]:
    kinds[f"added token {f}"] = {
        "normalizer": dict(type="Lowercase"),
        "added_tokens": [at("<mark>", N, **{f: True}), at("Hello", N + 1, **{f: True})],
    }
kinds["added tokens that begin alike"] = {
    "added_tokens": [at("do", dict(BPE["vocab"])["do"]), at("doges", N)]
}
kinds["fuse_unk"] = {"model": dict(BPE, fuse_unk=True)}
kinds["ignore_merges"] = {
    "pre_tokenizer": dict(type="WhitespaceSplit"),
    "model": dict(BPE, ignore_merges=True, vocab=dict(BPE["vocab"], **{"ran": N})),
}
ev = ["<unk>"] + chars + [c + "</w>" for c in chars] + ["he", "ll", "hell", "hello</w>"]
kinds["end_of_word_suffix"] = {
    "pre_tokenizer": dict(type="WhitespaceSplit"),
    "decoder": dict(type="BPEDecoder", suffix="</w>"),
    "model": dict(
        BPE,
        end_of_word_suffix="</w>",
        vocab={t: i for i, t in enumerate(ev)},
        merges=["h e", "l l", "he ll", "hell o</w>"],
    ),
}
cv = ["<unk>"] + chars + ["##" + c for c in chars] + ["he", "##ll", "hell"]
kinds["continuing_subword_prefix"] = {
    "pre_tokenizer": dict(type="WhitespaceSplit"),
    "model": dict(
        BPE,
        continuing_subword_prefix="##",
        vocab={t: i for i, t in enumerate(cv)},
        merges=["h ##e", "##l ##l", "he ##ll"],
    ),
}
kinds["WordPiece"] = {
    "pre_tokenizer": dict(type="BertPreTokenizer"),
    "decoder": dict(type="WordPiece", prefix="##", cleanup=True),
    "model": dict(
        type="WordPiece",
        unk_token="<unk>",
        continuing_subword_prefix="##",
        max_input_chars_per_word=100,
        vocab={t: i for i, t in enumerate(cv + ["dog", "##ing"])},
    ),
}
kinds["WordLevel"] = {
    "pre_tokenizer": dict(type="Whitespace"),
    "model": dict(
        type="WordLevel", unk_token="<unk>", vocab={"<unk>": 0, "the": 1, "dog": 2, "hello": 3, ",": 4}
    ),
}
bytes_ = [f"<0x{i:02X}>" for i in range(256)]
uv = (
    [["<unk>", 0.0]]
    + [[b, -9.0] for b in bytes_]
    + [[c, -6.0] for c in chars]
    + [["▁the", -2.5], ["hello", -2.0], ["ing", -3.0], ["the", -3.1], ["▁", -4.0]][:4]
)
U = dict(type="Unigram", unk_id=0, vocab=uv, byte_fallback=False)
fall = seq(
    "decoders",
    dict(type="Replace", pattern={"String": "▁"}, content=" "),
    dict(type="ByteFallback"),
    dict(type="Fuse"),
    dict(type="Strip", content=" ", start=1, stop=0),
)
kinds["Unigram"] = {"model": U}
kinds["Unigram byte_fallback"] = {
    "model": dict(U, byte_fallback=True),
    "decoder": fall,
    "normalizer": seq(
        "normalizers",
        dict(type="Prepend", prepend="▁"),
        dict(type="Replace", pattern={"String": " "}, content="▁"),
    ),
}
bv = ["<unk>"] + bytes_ + chars + ["".join(m) for m in merges]
kinds["BPE byte_fallback"] = {
    "model": dict(BPE, byte_fallback=True, vocab={t: i for i, t in enumerate(bv)}),
    "decoder": fall,
    "normalizer": seq(
        "normalizers",
        dict(type="Prepend", prepend="▁"),
        dict(type="Replace", pattern={"String": " "}, content="▁"),
    ),
}
names = []
n = 256
for i in range(256):
    if 32 < i < 127 or 160 < i != 173 and i > 160:
        names.append(chr(i))
    else:
        names.append(chr(n))
        n += 1
blv = {t: i for i, t in enumerate(["<unk>"] + names + ["he", "ll", "Ġt"])}
for ur in (True, False):
    for pre in (True, False):
        bl = dict(type="ByteLevel", add_prefix_space=pre, trim_offsets=True, use_regex=ur)
        kinds[f"ByteLevel{' with a space before' if pre else ''}{'' if ur else ' unsplit'}"] = {
            "pre_tokenizer": bl,
            "decoder": bl,
            "post_processor": bl,
            "model": dict(BPE, vocab=blv, merges=["h e", "l l", "Ġ t"]),
        }
kinds["ByteLevel normalizer"] = {
    "normalizer": dict(type="ByteLevel"),
    "decoder": dict(type="ByteLevel", add_prefix_space=False, trim_offsets=True, use_regex=True),
    "model": dict(BPE, vocab=blv, merges=["h e", "l l", "Ġ t"]),
}
kinds["no decoder"] = {"decoder": None}
s = [at("<s>", N, special=True), at("</s>", N + 1, special=True)]
kinds["BertProcessing"] = {
    "added_tokens": s,
    "post_processor": dict(type="BertProcessing", sep=["</s>", N + 1], cls=["<s>", N]),
}
kinds["RobertaProcessing"] = {
    "added_tokens": s,
    "post_processor": dict(
        type="RobertaProcessing",
        sep=["</s>", N + 1],
        cls=["<s>", N],
        trim_offsets=True,
        add_prefix_space=False,
    ),
}
kinds["TemplateProcessing"] = {
    "added_tokens": s,
    "post_processor": dict(
        type="TemplateProcessing",
        single=[
            {"SpecialToken": {"id": "<s>", "type_id": 0}},
            {"Sequence": {"id": "A", "type_id": 0}},
            {"SpecialToken": {"id": "</s>", "type_id": 0}},
        ],
        pair=[],
        special_tokens={
            "<s>": {"id": "<s>", "ids": [N], "tokens": ["<s>"]},
            "</s>": {"id": "</s>", "ids": [N + 1], "tokens": ["</s>"]},
        },
    ),
}
kinds["truncation and padding"] = {
    "truncation": dict(direction="Right", max_length=4, strategy="LongestFirst", stride=0),
    "padding": dict(
        strategy={"Fixed": 8},
        direction="Right",
        pad_to_multiple_of=None,
        pad_id=0,
        pad_type_id=0,
        pad_token="<unk>",
    ),
}
texts = [
    "hello the dog, doing 12 things",
    "  Hello  <mark> Othello doges\n",
    "café 🍎 ran-ran!",
    "the",
    "e\u0301 ﬁ \u3000x\u200b",
]
lines = [{"name": "", "parts": {"model": BPE}, "values": [{"text": text} for text in texts]}]
for name, parts in kinds.items():
    shared = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": None,
        "post_processor": None,
        "decoder": {"type": "Fuse"},
        "model": BPE,
    }
    tokenizer = Tokenizer.from_str(json.dumps({**shared, **parts}))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    values = []
    for text in texts:
        ids = tokenizer.encode(text, add_special_tokens=True).ids
        bare = tokenizer.encode(text, add_special_tokens=False).ids
        value = {"text": text, "ids": ids, "decoded": tokenizer.decode(ids, skip_special_tokens=False)}
        values.append(value if bare == ids else {**value, "bare": bare})
    lines.append({"name": name, "parts": parts, "values": values})

with open(Path(__file__).with_name("tokenizer-kinds.jsonl"), "w") as file:
    for line in lines:
        file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
