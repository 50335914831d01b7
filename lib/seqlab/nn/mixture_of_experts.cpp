#include "seqlab/nn/mixture_of_experts.hpp"

#include "seqlab/autograd/layout.hpp"
#include "seqlab/autograd/mixture.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

MixtureOfExperts::MixtureOfExperts(ParameterStore& store, const std::string& name,
                                   const ModelOptions& options)
    : active_(options.transformer.active_experts), balance_(options.transformer.balance) {
  const TransformerOptions& t = options.transformer;
  const Index inner = options.expert_width();
  router_ = Linear(store, name + ".router", options.width, t.experts, /*with_bias=*/false);
  for (Index i = 0; i < t.shared_experts; ++i) {
    shared_.emplace_back(store, fmt::format("{}.shared{}", name, i), options.width, inner,
                         t.activation);
  }
  for (Index i = 0; i < t.experts; ++i) {
    routed_.emplace_back(store, fmt::format("{}.expert{}", name, i), options.width, inner,
                         t.activation);
  }
}

Variable MixtureOfExperts::operator()(Tape& tape, Variable x,
                                      std::span<const Index> lengths) const {
  const Routing& routing = tape.keep(route(tape, router_(tape, x), lengths, active_, balance_));
  Variables outputs(routed_.size());
  for (std::size_t e = 0; e < routed_.size(); ++e) {
    if (routing.rows[e].empty()) continue;
    outputs[e] = routed_[e](tape, rows_at(tape, x, routing.rows[e]));
  }
  Variable y = mix(tape, routing, outputs, tape.cols(x));
  for (const FeedForward& expert : shared_) y = add(tape, y, expert(tape, x));
  return y;
}

PositionWise make_feed_forward(ParameterStore& store, const std::string& name,
                               const ModelOptions& options) {
  if (options.transformer.experts > 0) return MixtureOfExperts(store, name, options);
  return [layer = FeedForward(store, name, options.width, options.feed_forward_width(),
                              options.transformer.activation)](
             Tape& tape, Variable x, std::span<const Index>) { return layer(tape, x); };
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
