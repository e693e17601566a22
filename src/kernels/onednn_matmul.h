// Hides the differences between oneDNN's versions, and states how this program uses it: in one
// thread, with memory of the caller. Internal to this folder.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>
#if DNNL_CPU_THREADING_RUNTIME == DNNL_RUNTIME_OMP
#include <omp.h>
#endif

namespace attend::kernels::onednn {

/// While an object of this class lives, oneDNN computes in the calling thread only. The thread
/// count that the object sets belongs to this thread alone.
class SingleThread {
 public:
#if DNNL_CPU_THREADING_RUNTIME == DNNL_RUNTIME_OMP
  SingleThread() : threads_(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~SingleThread() { omp_set_num_threads(threads_); }
#else
  SingleThread() = default;
#endif
  SingleThread(const SingleThread&) = delete;
  SingleThread& operator=(const SingleThread&) = delete;

 private:
#if DNNL_CPU_THREADING_RUNTIME == DNNL_RUNTIME_OMP
  int threads_;
#endif
};

/// Describes y = x · weights (+ bias). The result is empty when oneDNN has no code for it.
inline dnnl::matmul::primitive_desc describe_matmul(
    const dnnl::engine& engine, const dnnl::memory::desc& x, const dnnl::memory::desc& weights,
    const dnnl::memory::desc* bias, const dnnl::memory::desc& y, dnnl::primitive_attr attributes) {
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);  // so that no two threads share it
#if DNNL_VERSION_MAJOR >= 3
  return bias != nullptr
             ? dnnl::matmul::primitive_desc(engine, x, weights, *bias, y, attributes, true)
             : dnnl::matmul::primitive_desc(engine, x, weights, y, attributes, true);
#else
  const dnnl::matmul::desc operation = bias != nullptr ? dnnl::matmul::desc(x, weights, *bias, y)
                                                       : dnnl::matmul::desc(x, weights, y);
  return {operation, attributes, engine, true};
#endif
}

}  // namespace attend::kernels::onednn
