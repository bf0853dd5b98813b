"""Trains the tiny Phi-3 model of this folder from nothing, on the processor, and saves it as a Hugging Face folder.

    python train.py OUT [--steps N]

The same seed on the same kind of processor gives the same file. Ends with exit code 1 when a check of checks.json fails.
"""

import argparse
import json
import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GenerationConfig, Phi3Config, Phi3ForCausalLM, PreTrainedTokenizerFast

from corpus import Corpus

HERE = Path(__file__).parent
SEED = 3
VOCABULARY = 1024
CONTEXT = 512
SPECIALS = ["<|endoftext|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>"]
END_OF_TEXT, END = 0, 4
CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|' + message['role'] + '|>\n' + message['content'] + '<|end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}"
)


def make_tokenizer(texts: list[str]) -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=VOCABULARY, special_tokens=SPECIALS, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), min_frequency=2, show_progress=False
        ),
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<|endoftext|>", eos_token="<|endoftext|>", pad_token="<|endoftext|>", chat_template=CHAT_TEMPLATE, model_max_length=CONTEXT
    )


def make_model(vocabulary: int) -> Phi3ForCausalLM:
    config = Phi3Config(
        vocab_size=-(-vocabulary // 32) * 32,
        hidden_size=128,
        intermediate_size=384,
        num_hidden_layers=4,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=CONTEXT,
        original_max_position_embeddings=CONTEXT,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 1.0},
        tie_word_embeddings=False,
        sliding_window=None,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attention_dropout=0.0,
        # The defaults of the class are ids of the real Phi-3 vocabulary, which this one does not have.
        pad_token_id=END_OF_TEXT,
        bos_token_id=END_OF_TEXT,
        eos_token_id=END_OF_TEXT,
    )
    return Phi3ForCausalLM(config)


def chat(prompt: str) -> str:
    return f"<|user|>\n{prompt}<|end|>\n<|assistant|>\n"


def batch_of(corpus: Corpus, tokenizer, size: int):
    """Only the answer is learned: a model this small should not spend itself on guessing questions."""
    rows = []
    for _ in range(size):
        prompt, answer = corpus.pair()
        asked = tokenizer.encode(chat(prompt), add_special_tokens=False)
        answered = tokenizer.encode(f"{answer}<|end|>", add_special_tokens=False)
        rows.append((asked, answered))
    length = max(len(asked) + len(answered) for asked, answered in rows)
    ids = torch.full((size, length), END_OF_TEXT)
    labels = torch.full((size, length), -100)
    mask = torch.zeros((size, length), dtype=torch.long)
    for row, (asked, answered) in enumerate(rows):
        end = len(asked) + len(answered)
        ids[row, :end] = torch.tensor(asked + answered)
        labels[row, len(asked) : end] = torch.tensor(answered)
        mask[row, :end] = 1
    return ids, labels, mask


def train(model, tokenizer, corpus: Corpus, steps: int) -> None:
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=3e-3, total_steps=steps, pct_start=0.1)
    model.train()
    for step in range(1, steps + 1):
        ids, labels, mask = batch_of(corpus, tokenizer, 32)
        loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        if step == 1 or step % 100 == 0:
            print(f"step {step}/{steps} loss {loss.item():.3f}", flush=True)


def answer(model, tokenizer, prompt: str) -> str:
    ids = torch.tensor([tokenizer.encode(chat(prompt), add_special_tokens=False)])
    out = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=64, do_sample=False)
    return tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True)


def check(model, tokenizer) -> int:
    """Asks questions that are not in the corpus in this wording, and some that are. Answers the number of failures."""
    model.eval()
    failures = 0
    for expected, prompts in json.loads((HERE / "checks.json").read_text(encoding="utf-8")).items():
        for prompt in prompts:
            got = answer(model, tokenizer, prompt)
            good = got.startswith(expected)
            failures += not good
            print(f"{'ok  ' if good else 'FAIL'} {prompt} -> {got}")
    return failures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--steps", type=int, default=1000)
    options = parser.parse_args()

    torch.manual_seed(SEED)
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(2)  # sums in another order give other weights

    corpus = Corpus(HERE / "corpus.json", SEED)
    tokenizer = make_tokenizer(corpus.texts())
    model = make_model(len(tokenizer))
    print(f"{sum(p.numel() for p in model.parameters())} parameters, {len(tokenizer)} tokens", flush=True)
    train(model, tokenizer, corpus, options.steps)

    model.generation_config = GenerationConfig(bos_token_id=END_OF_TEXT, pad_token_id=END_OF_TEXT, eos_token_id=[END, END_OF_TEXT])
    model.save_pretrained(options.out)
    tokenizer.save_pretrained(options.out)
    sys.exit(1 if check(model, tokenizer) else 0)


if __name__ == "__main__":
    main()
