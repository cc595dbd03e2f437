"""Encoded pictures whose decoding by the product must be Pillow's, made anew on each run from a fixed seed."""

import io
import struct
import zlib

import numpy as np
from PIL import Image, features

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}


def chunk(kind, data, damage_checksum=False):
    checksum = zlib.crc32(kind + data) ^ (1 if damage_checksum else 0)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)


def pack_rows(samples, depth):
    """[height, width * channels] samples as PNG scanlines, each with filter 0."""
    rows = b""
    for row in samples:
        if depth == 16:
            packed = row.astype(">u2").tobytes()
        elif depth == 8:
            packed = row.astype(np.uint8).tobytes()
        else:
            bits = "".join(format(int(value), f"0{depth}b") for value in row)
            bits += "0" * (-len(bits) % 8)
            packed = bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))
        rows += b"\0" + packed
    return rows


def make_png(samples, colour, depth, interlaced=False, palette=None, transparency=None, before=b"", damage=None, end=True):
    """A PNG of [height, width, channels] samples, by hand: Pillow cannot write every kind."""
    height, width = samples.shape[:2]
    if interlaced:
        data = b""
        for x, y, step_x, step_y in ADAM7:
            part = samples[y::step_y, x::step_x]
            if part.size:
                data += pack_rows(part.reshape(part.shape[0], -1), depth)
    else:
        data = pack_rows(samples.reshape(height, -1), depth)
    out = PNG_SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced)), damage == "IHDR")
    out += before
    if palette is not None:
        out += chunk(b"PLTE", palette.astype(np.uint8).tobytes(), damage == "PLTE")
    if transparency is not None:
        out += chunk(b"tRNS", transparency)
    out += chunk(b"IDAT", zlib.compress(data), damage == "IDAT")
    return out + (chunk(b"IEND", b"") if end else b"")


def noise(rng, height, width, channels, depth=8):
    return rng.integers(0, 1 << depth, (height, width, channels))


def photo(rng, height, width):
    """Smooth shapes and some noise, as uint8 RGB."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    planes = [127 + 90 * np.sin(x / (5 + 7 * c) + c) * np.cos(y / (9 + 4 * c)) + rng.normal(0, 12, (height, width)) for c in range(3)]
    return np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8)


def saved(image, format, **options):
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def png_cases(rng):
    for colour, depths in DEPTHS.items():
        for depth in depths:
            for interlaced in (False, True):
                height, width = (11, 13) if depth < 8 else (9, 10)
                samples = noise(rng, height, width, CHANNELS[colour], depth)
                palette = rng.integers(0, 256, (1 << depth, 3)) if colour == 3 else None
                name = f"png_colour{colour}_depth{depth}" + ("_interlaced" if interlaced else "")
                yield name, make_png(samples, colour, depth, interlaced, palette)
                transparency = {0: samples[0, 0].astype(">u2").tobytes(), 2: samples[0, 0].astype(">u2").tobytes(), 3: bytes(rng.integers(0, 256, 1 << depth).tolist())}.get(colour)
                if transparency is not None:
                    yield name + "_trns", make_png(samples, colour, depth, interlaced, palette, transparency)
    grey16 = np.array([0, 1, 127, 128, 254, 255, 256, 257, 300, 32767, 32768, 65534, 65535]).reshape(1, -1, 1)
    yield "png_grey16_around_clipping", make_png(grey16, 0, 16)
    for size in ((1, 1), (1, 9), (9, 1), (3, 2)):
        yield f"png_tiny_{size[0]}x{size[1]}_interlaced", make_png(noise(rng, *size, 3), 2, 8, True)
    indices = rng.integers(0, 256, (8, 8, 1))
    yield "png_index_outside_palette", make_png(indices, 3, 8, palette=rng.integers(0, 256, (5, 3)))
    yield "png_index_outside_palette_4bit", make_png(rng.integers(0, 16, (8, 8, 1)), 3, 4, palette=rng.integers(0, 256, (3, 3)))
    rgb = noise(rng, 8, 8, 3)
    yield "png_pixels_with_wrong_checksum", make_png(rgb, 2, 8, damage="IDAT")
    yield "png_without_end", make_png(rgb, 2, 8, end=False)
    yield "png_with_trailing_bytes", make_png(rgb, 2, 8) + b"trailing"
    yield "png_gamma_and_text", make_png(rgb, 2, 8, before=chunk(b"gAMA", struct.pack(">I", 100000)) + chunk(b"tEXt", b"Title\0x"))
    yield "png_broken_profile", make_png(rgb, 2, 8, before=chunk(b"iCCP", b"x\0\0" + zlib.compress(b"nonsense")))
    picture = Image.fromarray(photo(rng, 61, 47))
    for mode in ("1", "L", "P", "RGB"):
        yield f"png_pillow_{mode}", saved(picture.convert(mode), "png")
    yield "png_pillow_filters", saved(picture, "png", optimize=True)
    frames = [Image.fromarray(photo(rng, 20, 20)) for _ in range(3)]
    yield "png_animated", saved(frames[0], "png", save_all=True, append_images=frames[1:])


def jpeg_cases(rng):
    for height, width in ((64, 64), (61, 47), (1, 1), (1, 33), (17, 2), (8, 7)):
        picture = Image.fromarray(photo(rng, height, width))
        for subsampling in (0, 1, 2):
            yield f"jpeg_{width}x{height}_subsampling{subsampling}", saved(picture, "jpeg", quality=80, subsampling=subsampling)
    picture = Image.fromarray(photo(rng, 83, 101))
    for quality in (1, 30, 100):
        yield f"jpeg_quality{quality}", saved(picture, "jpeg", quality=quality)
    for subsampling in (0, 1, 2):
        yield f"jpeg_progressive_subsampling{subsampling}", saved(picture, "jpeg", progressive=True, subsampling=subsampling)
    yield "jpeg_grey", saved(picture.convert("L"), "jpeg")
    yield "jpeg_grey_progressive", saved(picture.convert("L"), "jpeg", progressive=True)
    yield "jpeg_cmyk", saved(picture.convert("CMYK"), "jpeg", quality=90)
    # Pillow's conversion to CMYK leaves K at 0: all four inks at random values show the conversion back.
    inks = Image.merge("CMYK", [Image.fromarray(photo(rng, 40, 40)[..., i % 3] // (1 + i % 2)) for i in range(4)])
    yield "jpeg_cmyk_all_inks", saved(inks, "jpeg", quality=95)
    yield "jpeg_ycck", as_ycck(saved(inks, "jpeg", quality=95))
    yield "jpeg_keep_rgb", saved(picture, "jpeg", keep_rgb=True)
    yield "jpeg_restart_markers", saved(picture, "jpeg", restart_marker_rows=1)
    yield "jpeg_4x1_subsampling", saved(picture, "jpeg", subsampling="4:1:1")
    exif = Image.Exif()
    exif[0x0112] = 6
    yield "jpeg_rotated_by_exif", saved(picture, "jpeg", exif=exif)
    plain = saved(picture, "jpeg", quality=85)
    yield "jpeg_trailing_bytes", plain + b"trailing bytes"
    middle = len(plain) // 2
    yield "jpeg_damaged_in_the_middle", plain[:middle] + b"\x12\x34\x56" + plain[middle + 3 :]


def as_ycck(data):
    """The same file with the transform byte of Adobe's marker set to YCCK (2)."""
    at = data.index(b"Adobe")
    return data[: at + 11] + b"\x02" + data[at + 12 :]


def webp_cases(rng):
    picture = Image.fromarray(photo(rng, 75, 51))
    transparent = Image.fromarray(np.dstack([photo(rng, 33, 64), noise(rng, 33, 64, 1)]).astype(np.uint8), "RGBA")
    for quality in (5, 80, 100):
        yield f"webp_quality{quality}", saved(picture, "webp", quality=quality)
    yield "webp_lossless", saved(picture, "webp", lossless=True)
    yield "webp_1x1", saved(picture.resize((1, 1)), "webp")
    yield "webp_alpha", saved(transparent, "webp", quality=70)
    yield "webp_alpha_lossless_exact", saved(transparent, "webp", lossless=True, exact=True)
    frames = [Image.fromarray(photo(rng, 30, 40)) for _ in range(3)]
    yield "webp_animated", saved(frames[0], "webp", save_all=True, append_images=frames[1:], duration=50)
    yield "webp_animated_transparent", saved(transparent, "webp", save_all=True, append_images=[transparent.rotate(180)], lossless=True)
    yield "webp_animated_small_first_frame", animation_with_small_frame(rng)
    yield "webp_trailing_bytes", saved(picture, "webp") + b"xx"


def animation_with_small_frame(rng):
    """A canvas of 40 x 30 whose only frame covers 20 x 10 of it at (6, 8)."""
    still = saved(Image.fromarray(photo(rng, 10, 20)), "webp", lossless=True)
    frame = (3).to_bytes(3, "little") + (4).to_bytes(3, "little") + (19).to_bytes(3, "little") + (9).to_bytes(3, "little")
    frame += (100).to_bytes(3, "little") + b"\0" + still[12:]
    riff = lambda kind, body: kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
    header = bytes([2, 0, 0, 0]) + (39).to_bytes(3, "little") + (29).to_bytes(3, "little")
    body = b"WEBP" + riff(b"VP8X", header) + riff(b"ANIM", b"\xff\x20\x40\x80\0\0") + riff(b"ANMF", frame)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def decodable():
    rng = np.random.default_rng(20250)
    cases = {}
    for make in (png_cases, jpeg_cases, webp_cases):
        cases.update(make(rng))
    assert len(cases) >= 60 and features.check("webp")
    return cases


def undecodable():
    """Files that Pillow, too, refuses: name -> (bytes, what the error must say)."""
    rng = np.random.default_rng(7)
    picture = Image.fromarray(photo(rng, 40, 50))
    png, jpeg, webp = saved(picture, "png"), saved(picture, "jpeg"), saved(picture, "webp")
    broken = bytearray(png)
    broken[len(png) // 2] ^= 0x55
    palette = np.zeros((2, 3), np.uint8)
    bomb = PNG_SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", 20000, 20000, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")
    return {
        "png_cut_in_pixels": (png[: len(png) // 2], "truncated"),
        "png_cut_in_header": (png[:20], "truncated"),
        "png_signature_only": (png[:8], "truncated"),
        "png_damaged_pixels": (bytes(broken), "PNG"),
        "png_header_checksum": (make_png(noise(rng, 4, 4, 3), 2, 8, damage="IHDR"), "IHDR"),
        "png_palette_checksum": (make_png(noise(rng, 4, 4, 1, 1), 3, 1, palette=palette, damage="PLTE"), "PLTE"),
        "png_without_pixels": (PNG_SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 8, 2, 0, 0, 0)) + chunk(b"IEND", b""), "PNG"),
        "png_bomb": (bomb, "bomb"),
        "jpeg_cut_in_pixels": (jpeg[: len(jpeg) // 2], "truncated"),
        "jpeg_cut_in_header": (jpeg[:100], "truncated"),
        "jpeg_without_end": (jpeg[:-2], "truncated"),
        "webp_cut": (webp[: len(webp) // 2], "truncated"),
        "webp_header_only": (webp[:16], "WebP"),
        "text": (b"this is not a picture at all", "known format"),
        "empty": (b"", ""),
    }
