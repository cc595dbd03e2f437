#pragma once

/// Marks what crosses a library border: everything else in liblmms_eval.so has hidden visibility.
#define LMMS_EVAL_API __attribute__((visibility("default")))
