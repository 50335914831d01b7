#pragma once

// The processes ("ranks") that train one model together, each on a part of every batch; on one
// machine or on many, started by an MPI launcher: mpirun -np N seqlab train ... Started in any
// other way, there is one rank and everything here does nothing.
//
// The sum of gradients must not depend on the number of ranks, so its order of additions is fixed
// (add_pairwise). MPI's own reductions add in an order that they choose; here MPI only moves
// numbers: each rank receives its piece of every rank's gradient, adds the pieces up, and hands the
// result to all. For N ranks and P numbers, each rank sends 2 (N - 1) / N * P of them: as few as a
// ring all-reduce (Patarasuk and Yuan 2009).

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "seqlab/models/sequence_model.hpp"
#include "seqlab/tensor/workers.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// This class itself is the one rank of a process on its own.
class Communicator {
 public:
  Communicator() = default;
  virtual ~Communicator() = default;
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;

  virtual int rank() const { return 0; }
  virtual int size() const { return 1; }
  /// Whether this is the rank that logs, writes files and speaks.
  bool root() const { return rank() == 0; }

  // What follows must be called by all ranks, in the same order, with sizes that are the same.

  /// Replaces `values` by the sum over the ranks, added pairwise. Same bits on all ranks.
  virtual void sum([[maybe_unused]] std::span<Real> values, [[maybe_unused]] Workers& workers) {}

  /// Replaces each value by the sum over the ranks, in an order that is not fixed: for whole
  /// numbers, and for values that are zero on all ranks but one.
  virtual void collect([[maybe_unused]] std::span<double> values) {}

  /// Whether it is true on a rank.
  bool any(bool flag);
  /// Returns when all ranks are here.
  void wait_for_all() { any(false); }
  /// Throws RuntimeFailure on ranks where the text is not that of rank 0; `what` is for the
  /// message.
  void require_same(std::string_view what, std::string_view text);
};

/// One for all that is not told otherwise.
Communicator& one_rank();

/// The ranks that the launcher started; MPI is set up only if there are several. To be called once,
/// before anything is read or written; MPI ends with the object. Throws UsageError if the launcher
/// started several ranks of a program that was built without MPI.
std::unique_ptr<Communicator> connect_ranks();

/// The number of ranks that an MPI launcher started, by the environment; 1 if none did.
int launched_ranks();

/// The sum of losses of which each is known to one rank (zero on the others), in their order.
/// Values of single sentences are left out.
LossSum total_loss(std::span<const LossSum> losses, Communicator& communicator);

/// For failures. A failure that all ranks have in common should be told once: on ranks other than
/// 0 this waits a moment in which rank 0, if it fails as well, ends all.
void let_root_speak_first();
/// Ends all ranks with this exit status. Returns if there is one rank only.
void end_all_ranks(int status);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
