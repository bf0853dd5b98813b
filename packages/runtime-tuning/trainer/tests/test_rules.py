import json

import pytest
from kaito_trainer.artifact import normalise_adapter_config
from kaito_trainer.config import read_config
from kaito_trainer.failure import Failure
from kaito_trainer.precision import choose_precision
from kaito_trainer.targets import choose_targets

PHI3 = ["qkv_proj", "o_proj", "gate_up_proj", "down_proj", "lm_head"]
FOUR = ["down_proj", "gate_up_proj", "o_proj", "qkv_proj"]


def code_of(call, *args):
    with pytest.raises(Failure) as caught:
        call(*args)
    return caught.value.code


def test_reaches_all_four_fused_layers_with_kaitos_default_for_phi3():
    asked = "k_proj,q_proj,v_proj,o_proj,gate_proj,down_proj,up_proj".split(",")
    targets, remarks = choose_targets(asked, PHI3)
    assert targets == FOUR and len(remarks) == 5
    assert choose_targets(None, PHI3) == (FOUR, []) == choose_targets("all-linear", PHI3)


def test_leaves_the_parts_alone_where_the_model_has_them():
    assert choose_targets(["q_proj"], ["q_proj", "v_proj"]) == (["q_proj"], [])


def test_refuses_a_target_that_matches_nothing():
    assert code_of(choose_targets, ["o_proj", "c_attn"], PHI3) == "TARGETS_MISSING"


@pytest.mark.parametrize(
    ("name", "capability", "expected"),
    [("bfloat16", None, "bfloat16"), ("bfloat16", (8, 0), "bfloat16"), ("bfloat16", (7, 0), "float16"), ("auto", (7, 5), "float16"),
     ("float16", (7, 0), "float16"), ("float32", (7, 0), "float32"), ("float16", None, "float32")],
)  # fmt: skip
def test_uses_a_number_format_that_the_device_has(name, capability, expected):
    precision, remarks = choose_precision(name, {}, capability)
    assert precision == expected
    assert bool(remarks) == (capability is not None and name in ("bfloat16", "auto") and expected == "float16")


def test_refuses_bf16_by_name_where_there_is_none():
    assert code_of(choose_precision, "bfloat16", {"bf16": True}, (7, 5)) == "BF16_UNSUPPORTED"
    assert code_of(choose_precision, "int4", {}, None) == "CONFIG_INVALID"


def test_reads_kaitos_template_and_refuses_what_it_does_not_know(tmp_path):
    path = tmp_path / "training_config.yaml"
    path.write_text(
        "training_config:\n  ModelConfig: {torch_dtype: bfloat16}\n  LoraConfig: {r: 8}\n"
        "  DataCollator: {mlm: true}\n  DatasetConfig: {shuffle_dataset: true, train_test_split: 1}\n"
    )
    config = read_config(path)
    assert config.lora == {"r": 8} and config.dataset.train_test_split == 1
    for text in ("[]", "training_config: {Lora: {}}", "training_config: {DatasetConfig: {train_test_split: 0}}",
                 "training_config: {DatasetConfig: {colum: x}}", "a: [", "training_config: {LoraConfig: [1]}"):  # fmt: skip
        path.write_text(text)
        assert code_of(read_config, path) == "CONFIG_INVALID"


def test_writes_only_keys_that_peft_0_11_1_knows(tmp_path):
    path = tmp_path / "adapter_config.json"
    path.write_text(json.dumps({"r": 8, "target_modules": ["b", "a"], "lora_bias": False, "peft_version": "0.21.2", "eva_config": None}))
    normalise_adapter_config(path, {})
    assert json.loads(path.read_text()) == {"r": 8, "target_modules": ["a", "b"]}
    path.write_text(json.dumps({"r": 8, "exclude_modules": ["x"]}))
    assert code_of(normalise_adapter_config, path, {}) == "CONFIG_INVALID"
