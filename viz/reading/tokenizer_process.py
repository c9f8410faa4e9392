"""The child of ``foreign_tokenizer``: a program of its own that imports nothing of ``viz`` and nothing heavy.

On stdin a line of JSON (size of the tokenizer, limits), the tokenizer, and a JSON list of texts; on stdout JSON, either
{"pieces": …} or {"error": …}.
"""

import json
import sys

MAX_PIECES = 100_000  # of all texts together
LONGEST = 200  # characters of a piece that are told


def main() -> None:
    header = json.loads(sys.stdin.buffer.readline())
    _limit(header)
    data = sys.stdin.buffer.read(header["bytes"])
    texts = json.loads(sys.stdin.buffer.read())
    json.dump(_answer(data, texts), sys.stdout)


def _limit(header: dict) -> None:
    try:
        import resource  # not on Windows, where the limit of time alone holds
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (header["memory"], header["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (header["seconds"], header["seconds"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer(data: bytes, texts: list) -> dict:
    import tokenizers  # under the limits

    stage, left, pieces = "read", MAX_PIECES, []
    try:
        tokenizer = tokenizers.Tokenizer.from_str(data.decode("utf-8"))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        stage = "encode"
        for text in texts:
            found = tokenizer.encode(text, add_special_tokens=False)
            left -= len(found)
            if left < 0:
                return {"error": "many"}
            pieces.append([piece[:LONGEST] for piece in found.tokens])
    except MemoryError:
        return {"error": "memory"}
    except BaseException:  # the library raises bare Exception, and PanicException, which is none
        return {"error": stage}
    return {"pieces": pieces}


if __name__ == "__main__":
    main()
