// Commits one fault on purpose, so that a test sees the sanitizer of this build catch it: a sanitizer that has been
// switched off by a flag or a preloaded library would otherwise look like clean code.

#include <cstdio>
#include <string_view>
#include <thread>

namespace {

// volatile keeps the compiler from doing the work at compile time, or not at all.

int read_after_delete(int index) {
  volatile int* block = new int[4]{1, 2, 3, 4};
  delete[] block;
  return block[index];
}

int overflow_signed(int big) { return big + big; }

int race_on_counter() {
  volatile int counter = 0;
  std::thread other([&] {
    for (int i = 0; i < 1000; ++i) counter = counter + 1;
  });
  for (int i = 0; i < 1000; ++i) counter = counter + 1;
  other.join();
  return counter;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view fault = argc == 2 ? argv[1] : "";
  int value = 0;
  if (fault == "heap") {
    value = read_after_delete(argc);
  } else if (fault == "overflow") {
    value = overflow_signed(0x7ffffff0 + argc);
  } else if (fault == "race") {
    value = race_on_counter();
  } else {
    std::fprintf(stderr, "usage: planted_fault heap|overflow|race\n");
    return 2;
  }
  std::printf("not caught: %d\n", value);
  return 0;
}
