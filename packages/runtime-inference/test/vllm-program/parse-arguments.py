"""Reads lists of arguments of `vllm serve`, one JSON array a line, and says of each in one line whether vLLM's own parser takes it: `null`, or why not."""

import argparse
import contextlib
import io
import json
import sys

from vllm.entrypoints.launchers.cli_args import make_arg_parser, validate_parsed_serve_args
from vllm.utils.argparse_utils import FlexibleArgumentParser


def complaint(arguments):
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            # The subcommand adds the model's place in the same way.
            parser = make_arg_parser(FlexibleArgumentParser(prog="vllm serve"))
            validate_parsed_serve_args(parser.parse_args(arguments))
    except SystemExit:
        return said.getvalue().strip().splitlines()[-1]
    except (TypeError, ValueError, argparse.ArgumentError) as error:
        return str(error)
    return None


results = [complaint(json.loads(line)) for line in sys.stdin if line.strip()]
print("\n".join(["RESULTS", *map(json.dumps, results)]))
