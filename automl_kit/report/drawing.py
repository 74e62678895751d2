"""Drawings of lines, arrowheads and texts, written as SVG or PNG without any other program."""

from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from PIL import Image, ImageDraw, ImageFont

Point = tuple[float, float]

INK = "#1a202c"
BOX = (62.0, 30.0)
_FONT_SIZE = 12
_PNG_SCALE = 2
_OVERSAMPLING = 2  # Pillow draws lines without smoothing; a smaller copy of a larger one is smooth


@dataclass(frozen=True)
class Line:
    """A row of points joined by a line."""

    points: list[Point]
    colour: str
    dashed: bool = False


@dataclass(frozen=True)
class Text:
    """A centred text in a box of the colour given, or else on a white ground."""

    centre: Point
    text: str
    colour: str = INK
    box: str | None = None


@dataclass
class Drawing:
    """What is drawn: lines first, arrowheads over them, texts over both. Units are pixels."""

    title: str
    lines: list[Line] = field(default_factory=list)
    heads: list[tuple[list[Point], str]] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    width: float = 0.0
    height: float = 0.0

    def arrow(self, points: list[Point], colour: str, dashed: bool = False) -> None:
        """Adds a line with a head at its end."""
        self.lines.append(Line(points, colour, dashed))
        self.heads.append((_head(points[max(0, len(points) - 3)], points[-1]), colour))


def label_width(text: str) -> float:
    """About how wide a text is, with some space around it."""
    return 7.0 * len(text) + 4


def svg(drawing: Drawing) -> str:
    """The drawing as an SVG document."""
    width, height = f"{drawing.width:.0f}", f"{drawing.height:.0f}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" font-family="sans-serif" '
        f'font-size="{_FONT_SIZE}" text-anchor="middle">',
        f"<title>{escape(drawing.title)}</title>",
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for line in drawing.lines:
        dash = ' stroke-dasharray="4 4"' if line.dashed else ""
        parts.append(
            f'<polyline points="{_pairs(line.points)}" fill="none" stroke="{line.colour}" '
            f'stroke-width="1.5"{dash}/>'
        )
    for points, colour in drawing.heads:
        parts.append(f'<polygon points="{_pairs(points)}" fill="{colour}"/>')
    for text in drawing.texts:
        left, top, wide, high = _ground(text)
        look = f'fill="{text.box}" stroke="{INK}" rx="6"' if text.box else 'fill="white"'
        x, y = text.centre
        parts += [
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{high:.1f}" {look}/>',
            f'<text x="{x:.1f}" y="{y + 4:.1f}" fill="{text.colour}">{escape(text.text)}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])


def _pairs(points: list[Point]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def png(drawing: Drawing) -> Image.Image:
    """The drawing as an image, twice as fine as the SVG's pixels."""
    scale = _PNG_SCALE * _OVERSAMPLING
    size = (round(drawing.width * scale), round(drawing.height * scale))
    image = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(image)

    def scaled(points: list[Point]) -> list[Point]:
        return [(x * scale, y * scale) for x, y in points]

    for line in drawing.lines:
        points = scaled(line.points)
        rows = (
            [points[i : i + 2] for i in range(0, len(points) - 1, 2)] if line.dashed else [points]
        )
        for row in rows:
            pen.line(row, fill=line.colour, width=round(1.5 * scale), joint="curve")
    for points, colour in drawing.heads:
        pen.polygon(scaled(points), fill=colour)
    font = ImageFont.load_default(_FONT_SIZE * scale)
    for text in drawing.texts:
        left, top, wide, high = _ground(text)
        corners = scaled([(left, top), (left + wide, top + high)])
        if text.box:
            pen.rounded_rectangle(corners, 6 * scale, fill=text.box, outline=INK, width=scale)
        else:
            pen.rectangle(corners, fill="white")
        pen.text(scaled([text.centre])[0], text.text, fill=text.colour, font=font, anchor="mm")
    return image.resize((size[0] // _OVERSAMPLING, size[1] // _OVERSAMPLING))


def _ground(text: Text) -> tuple[float, float, float, float]:
    """Left, top, width and height of what is behind a text."""
    width, height = BOX if text.box else (label_width(text.text), _FONT_SIZE + 4.0)
    return text.centre[0] - width / 2, text.centre[1] - height / 2, width, height


def _head(origin: Point, tip: Point) -> list[Point]:
    """The triangle at the end of an arrow."""
    dx, dy = tip[0] - origin[0], tip[1] - origin[1]
    length = (dx * dx + dy * dy) ** 0.5
    dx, dy = 8 * dx / length, 8 * dy / length
    foot = (tip[0] - dx, tip[1] - dy)
    return [tip, (foot[0] - dy / 2, foot[1] + dx / 2), (foot[0] + dy / 2, foot[1] - dx / 2)]
