// Linked into tfjs-node's addon: ops on whole lists of tensors (all weights of a model), each in one pass over memory
// shared among the cores. TensorFlow's own take a call and two or three passes for every tensor.
//
// What is to be replaced is handed over first (GenBenchTake) and then let go by everyone who can do without: a tensor that
// nobody else holds is overwritten, any other keeps its values and a new one is made. src/engine/list-ops.ts says what
// each op computes; the order of lists here is the order there.

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "tensorflow/c/ops.h"
#include "tensorflow/c/tf_status.h"
#include "tensorflow/c/tf_tensor.h"

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)
// No FMA among the targets: all processors round alike.
#define VECTORISED __attribute__((optimize("O3"), target_clones("avx2", "default")))
#else
#define VECTORISED
#endif

// From tensorflow/c/kernels.h, which itself includes a long tail of headers that have no other use here.
extern "C" {
typedef struct TF_KernelBuilder TF_KernelBuilder;
typedef struct TF_OpKernelConstruction TF_OpKernelConstruction;
typedef struct TF_OpKernelContext TF_OpKernelContext;
TF_KernelBuilder* TF_NewKernelBuilder(const char* op_name, const char* device_name,
                                      void* (*create_func)(TF_OpKernelConstruction*),
                                      void (*compute_func)(void*, TF_OpKernelContext*), void (*delete_func)(void*));
void TF_KernelBuilder_TypeConstraint(TF_KernelBuilder* builder, const char* attr_name, const TF_DataType type,
                                     TF_Status* status);
void TF_RegisterKernelBuilder(const char* kernel_name, TF_KernelBuilder* builder, TF_Status* status);
int TF_NumInputs(TF_OpKernelContext* context);
void TF_GetInput(TF_OpKernelContext* context, int index, TF_Tensor** tensor, TF_Status* status);
TF_Tensor* TF_AllocateOutput(TF_OpKernelContext* context, int index, TF_DataType dtype, const int64_t* dims,
                             int num_dims, size_t bytes, TF_Status* status);
void TF_SetOutput(TF_OpKernelContext* context, int index, const TF_Tensor* tensor, TF_Status* status);
void TF_OpKernelContext_Failure(TF_OpKernelContext* context, TF_Status* status);
}

namespace {

/** Elements that one thread takes at a time. */
constexpr int64_t kBlock = 1 << 17;
/** Elements computed into the first-level cache before they are written out. */
constexpr int64_t kStrip = 512;
/** Elements below which a second thread does not pay. */
constexpr int64_t kParallel = 1 << 17;
/** Bytes of results from which on they are written past the caches, which they would only sweep. */
constexpr int64_t kStreamed = int64_t{16} << 20;

int ThreadCount() {
  const char* wanted = std::getenv("TF_NUM_INTRAOP_THREADS");
  const int count = wanted == nullptr ? 0 : std::atoi(wanted);
  return count > 0 ? count : std::max(1u, std::thread::hardware_concurrency());
}

/** Copies a strip to its place in a result. */
template <class T>
inline void Write(T* to, const T* from, int64_t count, bool streamed) {
#if defined(__x86_64__)
  if (streamed && reinterpret_cast<uintptr_t>(to) % 16 == 0) {
    const int64_t bytes = count * sizeof(T);
    const auto* source = reinterpret_cast<const __m128i*>(from);
    auto* target = reinterpret_cast<__m128i*>(to);
    for (int64_t i = 0; i < bytes / 16; i++) _mm_stream_si128(target + i, _mm_loadu_si128(source + i));
    const int64_t done = bytes / 16 * 16;
    std::memcpy(reinterpret_cast<char*>(to) + done, reinterpret_cast<const char*>(from) + done, bytes - done);
    return;
  }
#endif
  std::memcpy(to, from, count * sizeof(T));
}

// The mathematics, a strip at a time. `s` are the scalars; inputs and results of an op in the order of its lists.

template <class T>
VECTORISED void MomentumStrip(const T* const* in, T* const* out, const T* s, int64_t n) {
  const T *w = in[0], *b = in[1], *g = in[2];
  T *next_w = out[0], *next_b = out[1];
  const T a = s[0], momentum = s[1], share = s[2], decay = s[3], of_buffer = s[4], of_gradient = s[5];
#pragma GCC ivdep
  for (int64_t i = 0; i < n; i++) {
    const T gradient = g[i] + decay * w[i];
    const T buffer = momentum * b[i] + share * gradient;
    next_b[i] = buffer;
    next_w[i] = w[i] - a * (of_buffer * buffer + of_gradient * gradient);
  }
}

template <class T>
VECTORISED void AdamStrip(const T* const* in, T* const* out, const T* s, int64_t n) {
  const T *w = in[0], *m = in[1], *v = in[2], *g = in[3];
  T *next_w = out[0], *next_m = out[1], *next_v = out[2];
  const T a = s[0], beta1 = s[1], share1 = s[2], beta2 = s[3], share2 = s[4], eps = s[5], kept = s[6], decay = s[7];
#pragma GCC ivdep
  for (int64_t i = 0; i < n; i++) {
    const T gradient = g[i] + decay * w[i];
    const T average = beta1 * m[i] + share1 * gradient;
    const T squares = beta2 * v[i] + share2 * (gradient * gradient);
    next_m[i] = average;
    next_v[i] = squares;
    next_w[i] = kept * w[i] - a * (average / (std::sqrt(squares) + eps));
  }
}

template <class T>
VECTORISED void CombineStrip(const T* const* in, T* const* out, const T* s, int64_t n) {
  const T *x = in[0], *y = in[1];
  T* z = out[0];
  const T a = s[0], b = s[1];
#pragma GCC ivdep
  for (int64_t i = 0; i < n; i++) z[i] = a * x[i] + b * y[i];
}

template <class T>
VECTORISED void AlongStrip(const T* const* in, T* const* out, const T* s, int64_t n) {
  const T *from = in[0], *to = in[1];
  T* z = out[0];
  const T a = s[0];
#pragma GCC ivdep
  for (int64_t i = 0; i < n; i++) z[i] = from[i] + a * (from[i] - to[i]);
}

/** Adds up in eight lanes, so that the loop has vectors and the order of additions is always the same. */
template <class T>
VECTORISED double SlopeStrip(const T* const* in, int64_t n) {
  const T *from = in[0], *to = in[1], *g = in[2];
  double lanes[8] = {};
  int64_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (int64_t k = 0; k < 8; k++)
      lanes[k] += static_cast<double>(from[i + k] - to[i + k]) * static_cast<double>(g[i + k]);
  double sum = 0;
  for (; i < n; i++) sum += static_cast<double>(from[i] - to[i]) * static_cast<double>(g[i]);
  for (const double lane : lanes) sum += lane;
  return sum;
}

// Of an op's lists the first kTaken are those that were handed over; its inputs are the others and the scalars. Results
// replace the lists taken, in order.

struct Momentum {
  static constexpr const char* kName = "GenBenchMomentum";
  static constexpr int kTaken = 2, kLists = 3, kScalars = 6, kResults = 2;
  template <class T>
  static void Strip(const T* const* in, T* const* out, const T* s, int64_t n) { MomentumStrip<T>(in, out, s, n); }
};
struct Adam {
  static constexpr const char* kName = "GenBenchAdam";
  static constexpr int kTaken = 3, kLists = 4, kScalars = 8, kResults = 3;
  template <class T>
  static void Strip(const T* const* in, T* const* out, const T* s, int64_t n) { AdamStrip<T>(in, out, s, n); }
};
struct Combine {
  static constexpr const char* kName = "GenBenchCombine";
  static constexpr int kTaken = 1, kLists = 2, kScalars = 2, kResults = 1;
  template <class T>
  static void Strip(const T* const* in, T* const* out, const T* s, int64_t n) { CombineStrip<T>(in, out, s, n); }
};
struct Along {
  static constexpr const char* kName = "GenBenchAlong";
  static constexpr int kTaken = 0, kLists = 2, kScalars = 1, kResults = 1;
  template <class T>
  static void Strip(const T* const* in, T* const* out, const T* s, int64_t n) { AlongStrip<T>(in, out, s, n); }
};
/** The sum over everything in double precision, as the two words that make up the number: tfjs knows no doubles. */
struct Slope {
  static constexpr const char* kName = "GenBenchSlope";
  static constexpr int kTaken = 0, kLists = 3, kScalars = 0, kResults = 0;
};

struct Status {
  TF_Status* status = TF_NewStatus();
  ~Status() { TF_DeleteStatus(status); }
  bool ok() const { return TF_GetCode(status) == TF_OK; }
};

/** A tensor of the context, given back at the end. */
struct Held {
  TF_Tensor* tensor = nullptr;
  Held() = default;
  Held(Held&& other) : tensor(std::exchange(other.tensor, nullptr)) {}
  ~Held() {
    if (tensor != nullptr) TF_DeleteTensor(tensor);
  }
  template <class T>
  T* data() const { return static_cast<T*>(TF_TensorData(tensor)); }
};

/** Calls `work(block)` for every block; which thread takes which does not matter to the results. */
template <class Work>
void ForBlocks(int64_t blocks, int64_t elements, const Work& work) {
  std::atomic<int64_t> next{0};
  const auto take = [&] {
    for (int64_t block; (block = next.fetch_add(1)) < blocks;) work(block);
  };
  std::vector<std::thread> helpers;
  static const int threads = ThreadCount();
  const int64_t wanted = elements < kParallel ? 1 : std::min<int64_t>(threads, blocks);
  try {
    while (static_cast<int64_t>(helpers.size()) + 1 < wanted) helpers.emplace_back(take);
  } catch (const std::system_error&) {  // no more threads: those there are do it
  }
  take();
  for (std::thread& helper : helpers) helper.join();
}

struct Block {
  int tensor;
  int64_t begin, count;
};

/** Handed over for the op that comes next. Ops run one after another, in the thread of JavaScript. */
std::vector<Held> taken;

void Take(void*, TF_OpKernelContext* context) {
  Status status;
  taken.clear();
  taken.resize(TF_NumInputs(context));
  for (size_t i = 0; i < taken.size(); i++) {
    TF_GetInput(context, i, &taken[i].tensor, status.status);
    if (!status.ok()) return TF_OpKernelContext_Failure(context, status.status);
  }
}

/** A place for a result: the tensor taken, where nobody else holds it, or a new one. */
TF_Tensor* Place(TF_OpKernelContext* context, int index, TF_Tensor* like, bool is_taken, TF_Status* status) {
  if (is_taken && TF_TensorMaybeMove(like) != nullptr) {
    TF_SetOutput(context, index, like, status);
    return nullptr;
  }
  std::vector<int64_t> dims(TF_NumDims(like));
  for (size_t d = 0; d < dims.size(); d++) dims[d] = TF_Dim(like, d);
  return TF_AllocateOutput(context, index, TF_TensorType(like), dims.data(), dims.size(), TF_TensorByteSize(like),
                           status);
}

template <class Op, class T>
void Compute(void*, TF_OpKernelContext* context) {
  Status status;
  const auto fail = [&] { TF_OpKernelContext_Failure(context, status.status); };
  const auto refuse = [&](const char* message) {
    TF_SetStatus(status.status, TF_INVALID_ARGUMENT, message);
    fail();
  };
  std::vector<Held> lists;
  if (Op::kTaken > 0) lists = std::move(taken);
  taken.clear();
  const size_t handed = lists.size();
  const int scalars = Op::kScalars > 0 ? 1 : 0;
  const int given = TF_NumInputs(context);
  const int count = (given - scalars) / (Op::kLists - Op::kTaken);
  if (handed != static_cast<size_t>(count * Op::kTaken)) return refuse("other lists were taken than the op is for");
  lists.resize(handed + given);
  for (int i = 0; i < given; i++) {
    TF_GetInput(context, i, &lists[handed + i].tensor, status.status);
    if (!status.ok()) return fail();
  }

  std::vector<Block> blocks;
  int64_t elements = 0;
  for (int i = 0; i < count; i++) {
    const int64_t size = TF_TensorElementCount(lists[i].tensor);
    for (int list = 0; list < Op::kLists; list++) {
      TF_Tensor* tensor = lists[list * count + i].tensor;
      if (TF_TensorElementCount(tensor) != size || TF_TensorByteSize(tensor) != size * sizeof(T))
        return refuse("lists of tensors that differ in their shapes");
    }
    for (int64_t begin = 0; begin < size; begin += kBlock)
      blocks.push_back({i, begin, std::min(kBlock, size - begin)});
    elements += size;
  }
  const auto pointers = [&](const Block& block, const T** in) {
    for (int list = 0; list < Op::kLists; list++)
      in[list] = lists[list * count + block.tensor].template data<const T>() + block.begin;
  };

  if constexpr (Op::kResults == 0) {
    std::vector<double> sums(blocks.size());
    ForBlocks(blocks.size(), elements, [&](int64_t index) {
      const T* in[Op::kLists];
      pointers(blocks[index], in);
      sums[index] = SlopeStrip<T>(in, blocks[index].count);
    });
    double sum = 0;
    for (const double part : sums) sum += part;
    Held result;
    const int64_t words = 2;
    result.tensor = TF_AllocateOutput(context, 0, TF_INT32, &words, 1, sizeof(sum), status.status);
    if (!status.ok()) return fail();
    std::memcpy(result.data<void>(), &sum, sizeof(sum));
  } else {
    std::vector<Held> fresh(count * Op::kResults);  // empty where the tensor taken is the place
    int64_t written = 0;
    for (size_t i = 0; i < fresh.size(); i++) {
      fresh[i].tensor = Place(context, i, lists[i].tensor, i < handed, status.status);
      if (!status.ok()) return fail();
      if (fresh[i].tensor != nullptr) written += TF_TensorByteSize(fresh[i].tensor);
    }
    T s[Op::kScalars];
    std::memcpy(s, lists.back().template data<T>(), sizeof(s));
    const bool streamed = written >= kStreamed;
    ForBlocks(blocks.size(), elements, [&](int64_t index) {
      const Block& block = blocks[index];
      const T* in[Op::kLists];
      pointers(block, in);
      T strips[Op::kResults][kStrip];
      for (int64_t done = 0; done < block.count; done += kStrip) {
        const int64_t n = std::min(kStrip, block.count - done);
        T *out[Op::kResults], *to[Op::kResults];
        for (int list = 0; list < Op::kResults; list++) {
          const Held& place = fresh[list * count + block.tensor];
          to[list] = place.tensor == nullptr ? nullptr : place.data<T>() + block.begin + done;
          out[list] = place.tensor == nullptr ? const_cast<T*>(in[list]) : strips[list];
        }
        Op::template Strip<T>(in, out, s, n);
        for (int list = 0; list < Op::kResults; list++) {
          if (to[list] != nullptr) Write(to[list], strips[list], n, streamed);
        }
        for (const T*& pointer : in) pointer += n;
      }
#if defined(__x86_64__)
      if (streamed) _mm_sfence();
#endif
    });
  }
}

void UnknownShapes(TF_ShapeInferenceContext* context, TF_Status* status) {
  TF_ShapeInferenceContextSetUnknownShape(context, status);
}

void RegisterKernel(const char* name, TF_DataType type, void (*compute)(void*, TF_OpKernelContext*)) {
  Status status;
  TF_KernelBuilder* builder = TF_NewKernelBuilder(name, "CPU", nullptr, compute, nullptr);
  TF_KernelBuilder_TypeConstraint(builder, "T", type, status.status);
  TF_RegisterKernelBuilder(name, builder, status.status);
}

/** Lists go in as inputs of N tensors each. */
bool RegisterOp(const char* name, int lists, bool has_scalars, std::vector<const char*> outputs) {
  static const char* const kInputs[] = {"a: N * T", "b: N * T", "c: N * T"};
  Status status;
  TF_OpDefinitionBuilder* builder = TF_NewOpDefinitionBuilder(name);
  TF_OpDefinitionBuilderAddAttr(builder, "N: int >= 1");
  TF_OpDefinitionBuilderAddAttr(builder, "T: {float, double}");
  for (int list = 0; list < lists; list++) TF_OpDefinitionBuilderAddInput(builder, kInputs[list]);
  if (has_scalars) TF_OpDefinitionBuilderAddInput(builder, "scalars: T");
  for (const char* output : outputs) TF_OpDefinitionBuilderAddOutput(builder, output);
  TF_OpDefinitionBuilderSetIsStateful(builder, true);  // what was taken is state
  TF_OpDefinitionBuilderSetShapeInferenceFunction(builder, &UnknownShapes);
  TF_RegisterOpDefinition(builder, status.status);
  return status.ok();
}

template <class Op>
bool Register() {
  std::vector<const char*> outputs{"x: N * T", "y: N * T", "z: N * T"};
  outputs.resize(Op::kResults);
  if (Op::kResults == 0) outputs = {"sum: int32"};
  RegisterKernel(Op::kName, TF_FLOAT, &Compute<Op, float>);
  RegisterKernel(Op::kName, TF_DOUBLE, &Compute<Op, double>);
  return RegisterOp(Op::kName, Op::kLists - Op::kTaken, Op::kScalars > 0, outputs);
}

bool RegisterTake() {
  RegisterKernel("GenBenchTake", TF_FLOAT, &Take);
  RegisterKernel("GenBenchTake", TF_DOUBLE, &Take);
  return RegisterOp("GenBenchTake", 1, false, {});
}

[[maybe_unused]] const bool registered = RegisterTake() && Register<Momentum>() && Register<Adam>() &&
                                         Register<Combine>() && Register<Along>() && Register<Slope>();

}  // namespace
