#include "seqlab/training/communicator.hpp"

#ifdef SEQLAB_HAVE_MPI
#include <mpi.h>
#endif

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <limits>
#include <thread>

#include "seqlab/error.hpp"
#include "seqlab/tensor/random.hpp"
#include "seqlab/training/optimizer.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

/// FNV-1a, cut to what a double holds exactly.
double digest(std::string_view text) { return static_cast<double>(fnv1a(text) >> 12); }

int number_in_environment(const char* name) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::atoi(text) : 0;
}

#ifdef SEQLAB_HAVE_MPI

class MpiCommunicator final : public Communicator {
 public:
  MpiCommunicator() {
    // Threads work on shards; the main thread alone talks.
    int granted = 0;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &granted);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &size_);
  }
  ~MpiCommunicator() override {
    // MPI_Finalize waits for the other ranks, which know nothing of a failure here.
    if (std::uncaught_exceptions() == 0) MPI_Finalize();
  }

  int rank() const override { return rank_; }
  int size() const override { return size_; }

  void sum(std::span<Real> values, Workers& workers) override {
    lay_out(values.size());
    const auto own = static_cast<std::size_t>(rank_);
    const std::vector<int> own_sizes(piece_sizes_.size(), piece_sizes_[own]);
    MPI_Alltoallv(values.data(), piece_sizes_.data(), piece_offsets_.data(), kReal,
                  received_.data(), own_sizes.data(), received_offsets_.data(), kReal,
                  MPI_COMM_WORLD);
    std::vector<std::span<Real>> pieces;
    for (const int offset : received_offsets_) {
      pieces.emplace_back(received_.data() + offset, static_cast<std::size_t>(own_sizes[own]));
    }
    add_pairwise(pieces, workers);
    MPI_Allgatherv(pieces[0].data(), own_sizes[own], kReal, values.data(), piece_sizes_.data(),
                   piece_offsets_.data(), kReal, MPI_COMM_WORLD);
  }

  void collect(std::span<double> values) override {
    MPI_Allreduce(MPI_IN_PLACE, values.data(), static_cast<int>(values.size()), MPI_DOUBLE, MPI_SUM,
                  MPI_COMM_WORLD);
  }

 private:
  static inline const MPI_Datatype kReal = sizeof(Real) == sizeof(float) ? MPI_FLOAT : MPI_DOUBLE;

  /// Cuts `count` numbers into a piece for each rank.
  void lay_out(std::size_t count) {
    if (count == laid_out_) return;
    check(count <= std::numeric_limits<int>::max(), "sum over ranks: {} numbers", count);
    const auto ranks = static_cast<std::size_t>(size_);
    const std::size_t piece = (count + ranks - 1) / ranks;
    piece_sizes_.clear();
    piece_offsets_.clear();
    received_offsets_.clear();
    const std::size_t own = std::min(piece, count - std::min(count, rank_ * piece));
    for (std::size_t i = 0; i < ranks; ++i) {
      const std::size_t offset = std::min(count, i * piece);
      piece_offsets_.push_back(static_cast<int>(offset));
      piece_sizes_.push_back(static_cast<int>(std::min(piece, count - offset)));
      received_offsets_.push_back(static_cast<int>(i * own));
    }
    received_.resize(ranks * own);
    laid_out_ = count;
  }

  int rank_ = 0;
  int size_ = 1;
  std::size_t laid_out_ = 0;  // numbers that the members below are for
  std::vector<int> piece_sizes_;
  std::vector<int> piece_offsets_;
  std::vector<int> received_offsets_;
  FlatBuffer received_;  // this rank's piece of every rank
};

/// The rank, or -1 if MPI is not running.
int running_rank() {
  int begun = 0;
  int ended = 0;
  MPI_Initialized(&begun);
  MPI_Finalized(&ended);
  if (begun == 0 || ended != 0) return -1;
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  return rank;
}

#endif

}  // namespace

bool Communicator::any(bool flag) {
  double ranks = flag ? 1.0 : 0.0;
  collect({&ranks, 1});
  return ranks > 0;
}

void Communicator::require_same(std::string_view what, std::string_view text) {
  const double own = digest(text);
  double of_root = root() ? own : 0.0;
  collect({&of_root, 1});
  if (own == of_root) return;
  throw RuntimeFailure(fmt::format(
      "rank {} of {} has another {} than rank 0. All ranks must see the same files: put the "
      "experiment, the data and the run directory on a file system that the machines share",
      rank(), size(), what));
}

Communicator& one_rank() {
  static Communicator instance;
  return instance;
}

int launched_ranks() {
  // Open MPI's mpirun; MPICH's, Intel's and Slurm's PMI; Slurm's PMIx.
  int ranks =
      std::max(number_in_environment("OMPI_COMM_WORLD_SIZE"), number_in_environment("PMI_SIZE"));
  if (std::getenv("PMIX_RANK") != nullptr) {
    ranks = std::max(ranks, number_in_environment("SLURM_STEP_NUM_TASKS"));
  }
  return std::max(ranks, 1);
}

LossSum total_loss(std::span<const LossSum> losses, Communicator& communicator) {
  constexpr std::size_t kNumbers = 4;
  PooledVector<double> numbers;
  for (const LossSum& loss : losses) {
    numbers.insert(numbers.end(),
                   {loss.negative_log_likelihood, loss.smoothed, static_cast<double>(loss.tokens),
                    static_cast<double>(loss.correct)});
  }
  communicator.collect(numbers);
  LossSum total;
  for (std::size_t i = 0; i < numbers.size(); i += kNumbers) {
    total.negative_log_likelihood += numbers[i];
    total.smoothed += numbers[i + 1];
    total.tokens += static_cast<Index>(numbers[i + 2]);
    total.correct += static_cast<Index>(numbers[i + 3]);
  }
  return total;
}

#ifdef SEQLAB_HAVE_MPI

std::unique_ptr<Communicator> connect_ranks() {
  if (launched_ranks() == 1) return std::make_unique<Communicator>();
  return std::make_unique<MpiCommunicator>();
}

void let_root_speak_first() {
  if (running_rank() > 0) std::this_thread::sleep_for(std::chrono::seconds(1));
}

void end_all_ranks(int status) {
  if (running_rank() >= 0) MPI_Abort(MPI_COMM_WORLD, status);
}

#else

std::unique_ptr<Communicator> connect_ranks() {
  const int ranks = launched_ranks();
  if (ranks == 1) return std::make_unique<Communicator>();
  throw UsageError(fmt::format(
      "{} ranks were launched, but this program was built without MPI, so each would train on its "
      "own; install Debian's libopenmpi-dev and build with -DSEQLAB_MPI=ON",
      ranks));
}

void let_root_speak_first() {}
void end_all_ranks(int) {}

#endif

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
