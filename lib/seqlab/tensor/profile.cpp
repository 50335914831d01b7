#include "seqlab/tensor/profile.hpp"

#include <algorithm>
#include <chrono>

#include "seqlab/tensor/flops.hpp"

namespace seqlab {
namespace {

thread_local Profile* active_profile = nullptr;
thread_local std::string_view active_operation;

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

void Profile::add(std::string_view name, Pass pass, double seconds, double flops) {
  auto found = std::find_if(operations_.begin(), operations_.end(),
                            [&](const Operation& o) { return o.name == name; });
  if (found == operations_.end()) {
    found = operations_.insert(operations_.end(), Operation{name, {}, {}});
  }
  Work& work = pass == Pass::forward ? found->forward : found->backward;
  work.seconds += seconds;
  work.flops += flops;
  ++work.calls;
}

ProfileScope::ProfileScope(Profile& profile) { active_profile = &profile; }
ProfileScope::~ProfileScope() { active_profile = nullptr; }

ProfiledOperation::ProfiledOperation(std::string_view name, Pass pass)
    : outermost_(active_operation.empty()), pass_(pass) {
  if (!outermost_) return;
  active_operation = name;
  if (active_profile == nullptr) return;
  start_seconds_ = now();
  start_flops_ = counted_flops;
}

ProfiledOperation::~ProfiledOperation() {
  if (!outermost_) return;
  if (active_profile != nullptr) {
    active_profile->add(active_operation, pass_, now() - start_seconds_,
                        counted_flops - start_flops_);
  }
  active_operation = {};
}

std::string_view ProfiledOperation::current() { return active_operation; }

}  // namespace seqlab
