"""The process that draws: one Vega-Lite specification a line in, one SVG (or what was wrong) a line out, as JSON.

A line that is `{"svg": …}` is a drawing already, and comes back as PNG, in base64.

It imports the converter and nothing of the product, so that it weighs no more than it must, and ends with its input.
"""

import base64
import json
import signal
import sys
from collections.abc import Iterable
from typing import TextIO

import vl_convert

_FIRST = {
    "data": {"values": [{"x": "a", "y": 1}]},
    "mark": "bar",
    "encoding": {"x": {"field": "x"}, "y": {"field": "y"}},
}


def serve(lines: Iterable[str], answers: TextIO) -> None:
    """Answer each line before reading the next."""
    for line in lines:
        try:
            asked = json.loads(line)
            if asked.keys() == {"svg"}:
                answer = {"png": base64.b64encode(vl_convert.svg_to_png(asked["svg"], scale=2)).decode()}
            else:
                answer = {"svg": vl_convert.vegalite_to_svg(line)}
        # The converter raises RuntimeError for what is no XML; whoever waits next needs this process.
        except (ValueError, RuntimeError) as error:
            answer = {"error": str(error)}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    # Ctrl-C reaches the whole foreground group; this process ends when the one it draws for does.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The first drawing takes ten times as long as any other: it is made before somebody waits for one.
    vl_convert.vegalite_to_svg(_FIRST)
    serve(sys.stdin, sys.stdout)
