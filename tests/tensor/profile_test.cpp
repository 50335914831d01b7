#include "seqlab/tensor/profile.hpp"

#include <doctest/doctest.h>

#include "seqlab/autograd/layers.hpp"
#include "seqlab/tensor/flops.hpp"

namespace seqlab {
namespace {

TEST_CASE("a profile has each operation of its thread once, inner ones in the outer one") {
  Profile profile;
  {
    const ProfileScope scope(profile);
    for (int i = 0; i < 3; ++i) {
      const ProfiledOperation outer("outer");
      const ProfiledOperation inner("inner");
      counted_flops += 10.0;
    }
    const ProfiledOperation other("other", Pass::backward);
  }
  { const ProfiledOperation outside("outside"); }
  REQUIRE(profile.operations().size() == 2);
  const Profile::Operation& outer = profile.operations()[0];
  CHECK(outer.name == "outer");
  CHECK(outer.forward.calls == 3);
  CHECK(outer.forward.flops == 30.0);
  CHECK(outer.forward.seconds > 0.0);
  CHECK(outer.backward.calls == 0);
  CHECK(profile.operations()[1].name == "other");
  CHECK(profile.operations()[1].backward.calls == 1);
}

TEST_CASE("the backward pass of a taped operation goes to the operation that recorded it") {
  std::vector<Real> values(6, Real(1)), gradients(6, Real(0));
  Random random(1, "dropout");
  Tape tape(values, gradients, &random);
  Profile profile;
  const ProfileScope scope(profile);
  const Variable x = tape.variable(zeros(1, 3));
  const Variable y = linear(tape, x, {0, 2, 3}, {});
  tape.gradient(y).data[0] = Real(1);
  tape.backward();
  REQUIRE(profile.operations().size() == 1);
  const Profile::Operation& product = profile.operations()[0];
  CHECK(product.name == "linear");
  CHECK(product.forward.flops == 2.0 * 3 * 2);
  CHECK(product.backward.flops == 2.0 * product.forward.flops);
}

}  // namespace
}  // namespace seqlab
