"""Images: proven by decoding, turned upright, bounded in size, and freed from all metadata by encoding anew."""

from __future__ import annotations

import io
import warnings

# The decoders that are used, by name: all others stay out of the process.
from PIL import (
    GifImagePlugin,  # noqa: F401
    Image,
    ImageOps,
    JpegImagePlugin,  # noqa: F401
    MpoImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
)
from PIL.Image import DecompressionBombError, DecompressionBombWarning

from conversations.attachments.content import Content, Limits, Unreadable

# The library would load its usual ones when the first image is opened.
Image.preinit()

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
LONGEST_SIDE = 2048
"""Pixels. The upstream counts at most about 1,024 tokens an image, so more of them show it nothing more."""
_MOST_PNG = 3 * 1024 * 1024
"""Bytes above which a picture without transparency is a photograph, whatever its format was."""
_QUALITY = 90


def read_image(data: bytes, limits: Limits) -> Content:
    """The image, of an animation the first frame. Raises `Unreadable`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Without this, a large image would be a warning up to twice the limit, and an error only then.
            warnings.simplefilter("error", DecompressionBombWarning)
            Image.MAX_IMAGE_PIXELS = limits.pixels
            with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
                picture, media_type = _encoded(_prepared(opened))
                width, height = _size_of(picture)
    except (DecompressionBombError, DecompressionBombWarning):
        raise Unreadable("too_many_pixels") from None
    except (UnidentifiedImageError, OSError, ValueError, TypeError, SyntaxError, KeyError, IndexError, OverflowError):
        raise Unreadable("damaged") from None
    return Content(kind="image", parts=1, picture=picture, media_type=media_type, width=width, height=height)


def _prepared(opened: Image.Image) -> Image.Image:
    if opened.format == "JPEG":
        # Lets the decoder leave out what would be thrown away: a large photograph takes a quarter of the time.
        opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    opened.load()
    image = ImageOps.exif_transpose(opened)
    image = image.convert("RGBA" if _has_transparency(image) else "RGB")
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return image


def _has_transparency(image: Image.Image) -> bool:
    return "A" in image.getbands() or "transparency" in image.info


def _encoded(image: Image.Image) -> tuple[bytes, str]:
    """PNG for what is small or transparent, else JPEG."""
    # A new image: whatever the file carried beside its pixels stays behind.
    clean = Image.new(image.mode, image.size)
    clean.paste(image)
    png = io.BytesIO()
    clean.save(png, "PNG")
    if len(png.getvalue()) <= _MOST_PNG:
        return png.getvalue(), "image/png"
    if clean.mode == "RGBA":
        ground = Image.new("RGB", clean.size, "white")
        ground.paste(clean, mask=clean.getchannel("A"))
        clean = ground
    jpeg = io.BytesIO()
    clean.save(jpeg, "JPEG", quality=_QUALITY)
    return jpeg.getvalue(), "image/jpeg"


def _size_of(picture: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(picture)) as image:
        return image.size
