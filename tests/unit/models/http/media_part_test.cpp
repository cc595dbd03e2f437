#include "models/http/media_part.h"

#include <gmock/gmock.h>

#include "base/base64.h"
#include "unit/models/http/http_test_support.h"

namespace lmms_eval::http {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

MediaRef image(std::string bytes) { return MediaRef::from_bytes(MediaKind::image, std::move(bytes), "pictures/7.png"); }

/// The bytes in a data URL.
std::string payload(const std::string& url) { return base64_decode(url.substr(url.find(',') + 1)); }

TEST(ImageDataUrl, PassesAPngOnByteForByte) {
  const std::string png = png_of(90);
  const std::string url = image_data_url(image(png), {});
  EXPECT_THAT(url, StartsWith("data:image/png;base64,"));
  EXPECT_EQ(payload(url), png);
}

TEST(ImageDataUrl, EncodesOtherFormatsAsPngWithTheSamePixels) {
  const std::string jpeg = media::encode_jpeg(media::decode_rgb(png_of(90), "x"), 90);
  const std::string url = image_data_url(image(jpeg), {});
  EXPECT_THAT(url, StartsWith("data:image/png;base64,"));
  EXPECT_EQ(media::decode_rgb(payload(url), "sent").data, media::decode_rgb(jpeg, "source").data);
}

TEST(ImageDataUrl, EncodesAsTheFormatThatIsAskedFor) {
  const std::string jpeg = image_data_url(image(png_of(90)), {ImageEncoding::Format::jpeg, 85});
  EXPECT_THAT(jpeg, StartsWith("data:image/jpeg;base64,"));
  EXPECT_EQ(media::image_format(payload(jpeg)), "jpeg");
  const std::string webp = image_data_url(image(png_of(90)), {ImageEncoding::Format::webp, 85});
  EXPECT_THAT(webp, StartsWith("data:image/webp;base64,"));
  EXPECT_EQ(media::image_format(payload(webp)), "webp");
}

TEST(ImageDataUrl, RefusesAPngThatEndsBeforeItsPixelsDo) {
  const std::string png = png_of(90);
  for (std::size_t size = 0; size < png.find("IDAT") + 8; ++size) {
    EXPECT_THAT(error_of([&] { image_data_url(image(png.substr(0, size)), {}); }, ErrorKind::data),
                HasSubstr("pictures/7.png"))
        << size;
  }
}

TEST(ImageDataUrl, EncodesAPngWithoutItsEndAnew) {
  const std::string png = png_of(90);
  const std::string endless = png.substr(0, png.size() - 12);
  const std::string sent = payload(image_data_url(image(endless), {}));
  EXPECT_TRUE(is_whole_png(sent));
  EXPECT_FALSE(is_whole_png(endless));
  EXPECT_EQ(media::decode_rgb(sent, "sent").data, media::decode_rgb(png, "source").data);
}

TEST(ImageDataUrl, EncodesAPngWithAWrongChecksumBehindItsPixelsAnew) {
  std::string png = png_of(90);
  png.insert(png.size() - 12, std::string("\0\0\0\4tEXta\0bcXXXX", 16));
  const std::string sent = payload(image_data_url(image(png), {}));
  EXPECT_TRUE(is_whole_png(sent));
  EXPECT_NE(sent, png);
  EXPECT_EQ(media::decode_rgb(sent, "sent").data, media::decode_rgb(png_of(90), "source").data);
}

TEST(ImageDataUrl, RefusesAPngWithAFlippedBitInItsPixels) {
  std::string png = png_of(90);
  const auto data = png.find("IDAT");
  ASSERT_NE(data, std::string::npos);
  png[data + 6] ^= 1;
  EXPECT_THAT(error_of([&] { image_data_url(image(png), {}); }, ErrorKind::data), HasSubstr("pictures/7.png"));
}

TEST(ImageDataUrl, RefusesWhatIsNoImage) {
  EXPECT_THAT(error_of([] { image_data_url(image("just text"), {}); }, ErrorKind::data), HasSubstr("pictures/7.png"));
}

TEST(ImageEncoding, ReadsItsFormatAndQualityFromTheEnvironment) {
  {
    const ScopedEnv env{{"LMMS_IMAGE_ENCODE_FORMAT", std::nullopt}, {"LMMS_IMAGE_JPEG_QUALITY", std::nullopt}};
    EXPECT_EQ(ImageEncoding::from_environment().describe(), "png");
  }
  const ScopedEnv env{{"LMMS_IMAGE_ENCODE_FORMAT", "jpg"}, {"LMMS_IMAGE_JPEG_QUALITY", "70"}};
  EXPECT_EQ(ImageEncoding::from_environment().describe(), "jpeg q70");
}

TEST(ImageEncoding, RefusesUnknownFormatsAndQualities) {
  {
    const ScopedEnv env{{"LMMS_IMAGE_ENCODE_FORMAT", "TIFF"}};
    EXPECT_THAT(error_of([] { ImageEncoding::from_environment(); }, ErrorKind::usage),
                HasSubstr("LMMS_IMAGE_ENCODE_FORMAT=tiff"));
  }
  const ScopedEnv env{{"LMMS_IMAGE_ENCODE_FORMAT", std::nullopt}, {"LMMS_IMAGE_JPEG_QUALITY", "101"}};
  EXPECT_THAT(error_of([] { ImageEncoding::from_environment(); }, ErrorKind::usage),
              HasSubstr("LMMS_IMAGE_JPEG_QUALITY=101"));
}

TEST(AudioFormat, IsToldByTheFirstBytesAndElseByTheName) {
  EXPECT_EQ(audio_format("RIFF\x24\x08\0\0WAVEfmt ", "x"), "");  // the literal ends at the first zero byte
  EXPECT_EQ(audio_format(std::string_view("RIFF\x24\x08\0\0WAVEfmt ", 16), "x"), "wav");
  EXPECT_EQ(audio_format("ID3\x04", "x"), "mp3");
  EXPECT_EQ(audio_format("\xFF\xFB\x90", "x"), "mp3");
  EXPECT_EQ(audio_format("fLaC....", "x"), "flac");
  EXPECT_EQ(audio_format("????", "speech.OGG"), "ogg");
  EXPECT_EQ(audio_format("????", "speech.bin"), "");
}

}  // namespace
}  // namespace lmms_eval::http
