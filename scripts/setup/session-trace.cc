// Linked into tfjs-node's addon in front of TF_SessionRun (the linker's --wrap). tfjs-node runs its sessions without run
// options; while GEN_BENCH_TRACE_FILE names a file, runs are traced and RunMetadata (TensorFlow's config.proto), the
// times of every op that ran, is written there.

#include <cstdio>
#include <cstdlib>

#include "tensorflow/c/c_api.h"

extern "C" {

void __real_TF_SessionRun(TF_Session* session, const TF_Buffer* run_options, const TF_Output* inputs,
                          TF_Tensor* const* input_values, int ninputs, const TF_Output* outputs,
                          TF_Tensor** output_values, int noutputs, const TF_Operation* const* target_opers,
                          int ntargets, TF_Buffer* run_metadata, TF_Status* status);

void __wrap_TF_SessionRun(TF_Session* session, const TF_Buffer* run_options, const TF_Output* inputs,
                          TF_Tensor* const* input_values, int ninputs, const TF_Output* outputs,
                          TF_Tensor** output_values, int noutputs, const TF_Operation* const* target_opers,
                          int ntargets, TF_Buffer* run_metadata, TF_Status* status) {
  const char* path = std::getenv("GEN_BENCH_TRACE_FILE");
  if (path == nullptr || *path == '\0') {
    __real_TF_SessionRun(session, run_options, inputs, input_values, ninputs, outputs, output_values, noutputs,
                         target_opers, ntargets, run_metadata, status);
    return;
  }
  const unsigned char software_trace[] = {0x08, 0x01};  // RunOptions { trace_level: SOFTWARE_TRACE }
  TF_Buffer* options = TF_NewBufferFromString(software_trace, sizeof(software_trace));
  TF_Buffer* metadata = TF_NewBuffer();
  __real_TF_SessionRun(session, options, inputs, input_values, ninputs, outputs, output_values, noutputs,
                       target_opers, ntargets, metadata, status);
  if (FILE* file = std::fopen(path, "wb")) {
    std::fwrite(metadata->data, 1, metadata->length, file);
    std::fclose(file);
  }
  TF_DeleteBuffer(options);
  TF_DeleteBuffer(metadata);
}

}  // extern "C"
