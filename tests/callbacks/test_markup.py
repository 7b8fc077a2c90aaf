"""What no callback reaches is handed over as markup: the same elements, attributes and texts, and nothing of a text becomes an element."""

import pytest
from dash import dcc, html
from dash.development.base_component import Component

from callbacks.panels.markup import inert
from callbacks.panels.pieces import also


def test_elements_attributes_and_styles_are_written_as_pages_write_them() -> None:
    made = inert(
        html.Section(
            [
                html.Button(
                    [html.I(className="icon", **also({"aria-hidden": "true"})), "道路", 3], type="button", disabled=True, tabIndex="0"
                ),
                html.Label("名", htmlFor="n", hidden=False),
                html.I(style={"--colour": "#1a2b3c", "flexGrow": "2"}),
                None,
                html.Img(src="/a.png"),
            ],
            className="group",
            id="roads",
        )
    )
    told = made.to_plotly_json()["props"]
    assert (told["className"], told["id"]) == ("group", "roads")
    assert told.get("children") is None
    assert told["data-markup"] == (
        '<button disabled tabindex="0" type="button"><i class="icon" aria-hidden="true"></i>道路3</button>'
        '<label for="n">名</label><i style="--colour:#1a2b3c;flex-grow:2"></i><img src="/a.png">'
    )


def test_texts_and_values_stay_texts_and_values() -> None:
    made = inert(html.Div(html.Span("<b>&", title='"><script>')))
    assert made.to_plotly_json()["props"]["data-markup"] == '<span title="&quot;&gt;&lt;script&gt;">&lt;b&gt;&amp;</span>'


def test_another_content_is_another_element() -> None:
    first, second, same = (inert(html.Div(html.B(text))).to_plotly_json()["props"]["key"] for text in ("一", "二", "一"))
    assert first == same != second


@pytest.mark.parametrize("part", [html.Div(id="inbox"), dcc.Interval(), html.P(html.Span(id="x"))])
def test_what_a_callback_could_be_meant_for_is_refused(part: Component) -> None:
    with pytest.raises(TypeError, match="a callback could be meant"):
        inert(html.Div([part]))
