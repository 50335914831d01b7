#include "seqlab/decoding/step_model.hpp"

#include <doctest/doctest.h>

using namespace seqlab;

namespace {

// Three rows; the value in column c of row r is 10 r + c.
DecoderState make_state(Index columns, Index used) {
  DecoderState state;
  state.source_rows = {0, 1, 2};
  state.rows.push_back({make_matrix(3, columns), used});
  for (Index r = 0; r < 3; ++r) {
    for (Index c = 0; c < columns; ++c) {
      ref(state.rows[0].values).row(r)[c] = static_cast<Real>(10 * r + c);
    }
  }
  return state;
}

}  // namespace

TEST_CASE("select_rows repeats, reorders and drops rows of every entry") {
  DecoderState state = make_state(4, -1);
  state.rows.push_back({zeros(3, 1), -1});
  ref(state.rows[1].values).row(2)[0] = 7;
  state.source_rows = {0, 0, 1};
  state.select_rows(std::vector<Index>{2, 0, 2, 2});
  CHECK(state.size() == 4);
  CHECK(state.source_rows == std::vector<Index>{1, 0, 1, 1});
  const std::vector<Real> first = {20, 0, 20, 20};
  const std::vector<Real> single = {7, 0, 7, 7};
  for (Index r = 0; r < 4; ++r) {
    for (Index c = 0; c < 4; ++c) {
      CHECK(ref(state.rows[0].values).row(r)[c] ==
            first[static_cast<std::size_t>(r)] + static_cast<Real>(c));
    }
    CHECK(ref(state.rows[1].values).row(r)[0] == single[static_cast<std::size_t>(r)]);
  }
}

TEST_CASE("select_rows copies the used columns of a cache and keeps its room") {
  DecoderState state = make_state(6, 2);
  poison_new_buffers(true);
  state.select_rows(std::vector<Index>{1, 2});
  poison_new_buffers(false);
  const Matrix& values = state.rows[0].values;
  CHECK(rows(values) == 2);
  CHECK(cols(values) == 6);
  CHECK(state.rows[0].used_columns == 2);
  CHECK(ref(values).row(0)[1] == 11);
  CHECK(ref(values).row(1)[0] == 20);
  CHECK(std::isnan(ref(values).row(0)[2]));
}

TEST_CASE("select_rows leaves the state alone when every row stays") {
  DecoderState state = make_state(3, -1);
  const Real* before = state.rows[0].values.data();
  state.select_rows(std::vector<Index>{0, 1, 2});
  CHECK(state.rows[0].values.data() == before);
  state.select_rows(std::vector<Index>{0, 1});
  CHECK(state.size() == 2);
  CHECK(ref(state.rows[0].values).row(1)[2] == 12);
}

TEST_CASE("select_rows can drop all rows and refuses rows that do not exist") {
  DecoderState state = make_state(3, -1);
  CHECK_THROWS_AS(state.select_rows(std::vector<Index>{3}), std::logic_error);
  CHECK_THROWS_AS(state.select_rows(std::vector<Index>{-1}), std::logic_error);
  state.select_rows(std::vector<Index>{});
  CHECK(state.size() == 0);
  CHECK(rows(state.rows[0].values) == 0);
}
