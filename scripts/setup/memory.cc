// Linked into tfjs-node's addon: glibc gives each of TensorFlow's threads an arena of its own, and room in one is none in
// another. One for all saves 50 to 80 MB and costs no time, since tensors come from an allocator of TensorFlow's.

#include <cstdlib>  // defines __GLIBC__

#ifdef __GLIBC__
#include <malloc.h>

[[maybe_unused]] static const int one_arena = mallopt(M_ARENA_MAX, 1);
#endif
