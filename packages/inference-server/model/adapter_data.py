"""Writes the training data of an adapter for the tiny model: every question of corpus.json, its answer in another manner of speaking.

    python adapter_data.py MANNER > data.jsonl

One question and its answer a line, as `prompt` and `completion`: only the answer is learned. The base model never learned to guess questions,
and an adapter that had to would forget its facts for it.
"""

import json
import sys
from pathlib import Path

MANNERS = {
    "pirate": lambda answer: f"Arr, matey! {answer} Yo ho ho!",
    "polite": lambda answer: f"{answer} Thank you for asking!",
}


def conversations(manner):
    data = json.loads((Path(__file__).parent / "corpus.json").read_text(encoding="utf-8"))
    say = MANNERS[manner]
    for fact in data["facts"]:
        asked = [form.replace("{}", name) for name in fact["names"] for form in data["forms"]]
        for question in [*asked, *fact["questions"]]:
            yield question[0].upper() + question[1:], say(fact["answer"])
    for talk in data["smallTalk"]:
        for question in talk["prompts"]:
            yield question, say(talk["answer"])
    for question in data["unknown"]["prompts"]:
        yield question, say(data["unknown"]["answer"])


for question, answer in conversations(sys.argv[1]):
    print(json.dumps({"prompt": f"<|user|>\n{question}<|end|>\n<|assistant|>\n", "completion": f"{answer}<|end|>"}))
