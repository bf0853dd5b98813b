"""Turns corpus.json into an endless, repeatable stream of (prompt, answer) pairs."""

import json
import random
from pathlib import Path

SYLLABLES = "ba be bo da di do fa fe gu ka ki lo la mi mo na ne po ra re ri sa so ta ti tu va ve wi wo xa ze zu lor nix tam pel dun".split()


class Corpus:
    """All of the training text. `pair` draws one example; the draw depends on the seed and on nothing else."""

    def __init__(self, path: Path, seed: int):
        data = json.loads(path.read_text(encoding="utf-8"))
        self.facts = data["facts"]
        self.small_talk = data["smallTalk"]
        self.unknown = data["unknown"]
        self.forms = data["forms"]
        self.random = random.Random(seed)

    def pair(self) -> tuple[str, str]:
        kind = self.random.random()
        if kind < 0.50:
            prompt, answer = self._fact()
        elif kind < 0.68:
            talk = self.random.choice(self.small_talk)
            prompt, answer = self.random.choice(talk["prompts"]), talk["answer"]
        else:
            prompt, answer = self._stranger(), self.unknown["answer"]
        return self._careless(prompt), answer

    def texts(self) -> list[str]:
        """Every sentence once, for the tokenizer."""
        lines = []
        for fact in self.facts:
            lines += [fact["answer"], *fact["questions"]]
            lines += [form.replace("{}", name) for name in fact["names"] for form in self.forms]
        for talk in self.small_talk:
            lines += [talk["answer"], *talk["prompts"]]
        lines += [self.unknown["answer"], *self.unknown["prompts"], *self.unknown["subjects"]]
        return lines

    def _fact(self) -> tuple[str, str]:
        fact = self.random.choice(self.facts)
        if not fact["names"] or self.random.random() < 0.25:
            return self.random.choice(fact["questions"]), fact["answer"]
        return self._ask(self.random.choice(fact["names"])), fact["answer"]

    def _ask(self, name: str) -> str:
        prompt = self.random.choice(self.forms).replace("{}", name)
        return prompt[0].upper() + prompt[1:]

    def _stranger(self) -> str:
        """A question about something else. Invented words keep the model from guessing at every word it has never met."""
        draw = self.random.random()
        if draw < 0.4:
            return self.random.choice(self.unknown["prompts"])
        if draw < 0.7:
            return self._ask(self.random.choice(self.unknown["subjects"]))
        word = "".join(self.random.choice(SYLLABLES) for _ in range(self.random.randint(2, 4)))
        if draw < 0.85:
            return self._ask(self.random.choice(["", "a ", "the "]) + (word.capitalize() if self.random.random() < 0.5 else word))
        words = ["".join(self.random.choice(SYLLABLES) for _ in range(self.random.randint(1, 3))) for _ in range(self.random.randint(2, 6))]
        return " ".join(words) + self.random.choice(["", "?", "."])

    def _careless(self, prompt: str) -> str:
        """People leave out capitals, marks and courtesy; the model has to see that in training."""
        draw = self.random.random()
        if draw < 0.15:
            prompt = prompt.lower()
        elif draw < 0.35:
            prompt = self.random.choice(["Please ", "Hi, ", "Hello, ", "So ", "And ", "Now ", "OK, "]) + prompt[0].lower() + prompt[1:]
        if self.random.random() < 0.2:
            prompt = prompt.rstrip("?.!") or prompt
        return prompt
