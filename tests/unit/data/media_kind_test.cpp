#include "data/media_kind.h"

#include <gtest/gtest.h>

namespace lmms_eval::data {
namespace {

TEST(MediaKind, IsToldByContentBeforeTheName) {
  EXPECT_EQ(media_kind_of("\xff\xd8\xff\xe0", "x.wav"), MediaKind::image);
  EXPECT_EQ(media_kind_of("RIFF....WEBPVP8 ", ""), MediaKind::image);
  EXPECT_EQ(media_kind_of("RIFF....WAVEfmt ", "x.png"), MediaKind::audio);
  EXPECT_EQ(media_kind_of("fLaC", ""), MediaKind::audio);
  EXPECT_EQ(media_kind_of(std::string_view("\0\0\0\x18"
                                           "ftypmp42",
                                           12),
                          ""),
            MediaKind::video);
}

TEST(MediaKind, IsToldByTheNameWithoutKnownContent) {
  EXPECT_EQ(media_kind_of("", "a/b.MP3"), MediaKind::audio);
  EXPECT_EQ(media_kind_of("????", "clip.mkv"), MediaKind::video);
  EXPECT_EQ(media_kind_of("", "picture.png"), MediaKind::image);
  EXPECT_EQ(media_kind_of("", "no_extension"), MediaKind::image);
}

}  // namespace
}  // namespace lmms_eval::data
