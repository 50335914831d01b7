#include "seqlab/experiment/config_keys.hpp"

#include "seqlab/error.hpp"

namespace seqlab {

const Keys<ExperimentOptions>& experiment_keys() {
  using O = ExperimentOptions;
  static const Keys<O> keys = {
      text_key<O>("name", "title of tables and figures (default: the file's name)", "any text",
                  FIELD(name)),
      names_key<O>("models", "which models, in the order of tables (default: all [model.NAME])",
                   "names with spaces between", FIELD(models)),
      integers_key<O>("seeds", "each model is trained once per seed", FIELD(seeds), 0),
      text_key<O>("baseline", "the model that tables compare the others with", "a model's name",
                  FIELD(baseline)),
      names_key<O>("baselines", "floors without a network, as rows of the table",
                   "retrieval, gloss, eliza", FIELD(baselines)),
  };
  return keys;
}

const Keys<DataOptions>& data_keys() {
  using O = DataOptions;
  std::vector<std::string> tasks = synthetic_tasks();
  tasks.insert(tasks.begin(), {"parallel", "language_model"});
  static const Keys<O> keys = {
      name_key<O>("task", "parallel text or plain text from files, or a synthetic task",
                  FIELD(task), tasks),
      file_key<O>("train_source", "training text, one sentence a line", FIELD(train.source)),
      file_key<O>("train_target", "its translation, line by line", FIELD(train.target)),
      file_key<O>("valid_source", "validation text: chooses the best parameters",
                  FIELD(valid.source)),
      file_key<O>("valid_target", "its translation", FIELD(valid.target)),
      file_key<O>("test_source", "test text: never seen in training", FIELD(test.source)),
      file_key<O>("test_target", "its translation", FIELD(test.target)),
      file_key<O>("train_tsv", "instead of two files: one with tab-separated columns",
                  FIELD(train.tsv)),
      file_key<O>("valid_tsv", "the same for validation", FIELD(valid.tsv)),
      file_key<O>("test_tsv", "the same for the test", FIELD(test.tsv)),
      file_key<O>("train_text", "language_model: training text, one sentence a line",
                  FIELD(train.plain)),
      file_key<O>("valid_text", "the same for validation", FIELD(valid.plain)),
      file_key<O>("test_text", "the same for the test", FIELD(test.plain)),
      choice_key<O>("packing", "language_model: each line alone, or several in a block",
                    FIELD(packing.packed), Choices<bool>{{"line", false}, {"packed", true}}),
      integer_key<O>("block", "packed: tokens a block, its line ends included",
                     FIELD(packing.block), 2),
      integer_key<O>("test_join",
                     "also test on 2 .. N consecutive lines joined to one, for longer inputs",
                     FIELD(test_join), 1, 1000),
      integer_key<O>("tsv_source_column", "column of the source", FIELD(tsv_source_column), 1),
      integer_key<O>("tsv_target_column", "column of the target", FIELD(tsv_target_column), 1),
      integer_key<O>("tsv_columns", "number of columns", FIELD(tsv_columns), 2),
      name_key<O>("tokenizer", "what a token is (synthetic tasks: symbols)", FIELD(tokenizer.kind),
                  {"sentencepiece", "word", "char", "symbols"}),
      name_key<O>("sentencepiece_model", "how sub-words are found",
                  FIELD(tokenizer.sentencepiece_model), {"bpe", "unigram"}),
      integer_key<O>("vocabulary", "largest vocabulary, special tokens included",
                     FIELD(tokenizer.vocabulary), 5, 10'000'000),
      flag_key<O>("joint", "one vocabulary for source and target", FIELD(tokenizer.joint)),
      integer_key<O>("minimum_frequency", "word, char, symbols: rarer ones become <unk>",
                     FIELD(tokenizer.minimum_frequency), 1),
      integer_key<O>("max_source_tokens", "longer training pairs are dropped; 0: none",
                     FIELD(max_source_tokens), 0),
      integer_key<O>("max_target_tokens", "longer training pairs are dropped; 0: none",
                     FIELD(max_target_tokens), 0),
      integer_key<O>("symbols", "synthetic: size of the alphabet", FIELD(synthetic.symbols), 2),
      integer_key<O>("train_min", "synthetic: shortest training length", FIELD(synthetic.train_min),
                     1),
      integer_key<O>("train_max", "synthetic: longest training length", FIELD(synthetic.train_max),
                     1),
      integer_key<O>("test_min", "synthetic: shortest test length", FIELD(synthetic.test_min), 1),
      integer_key<O>("test_max", "synthetic: longest test length", FIELD(synthetic.test_max), 1),
      integer_key<O>("train_size", "synthetic: training pairs", FIELD(synthetic.train_size), 1),
      integer_key<O>("valid_size", "synthetic: validation pairs", FIELD(synthetic.valid_size), 1),
      integer_key<O>("test_size", "synthetic: test pairs", FIELD(synthetic.test_size), 1),
      integer_key<O>("data_seed", "synthetic: the same data for every model and seed",
                     FIELD(synthetic.seed), 0),
  };
  return keys;
}

bool names_file(const std::string& data_key) {
  const Keys<DataOptions>& keys = data_keys();
  return std::any_of(keys.begin(), keys.end(), [&](const Key<DataOptions>& key) {
    return key.is_file && key.name == data_key;
  });
}

const Keys<BudgetOptions>& budget_keys() {
  using O = BudgetOptions;
  static const Keys<O> keys = {
      choice_key<O>("match", "what all models have the same amount of (the width is found)",
                    FIELD(match),
                    Choices<O::Match>{{"none", O::Match::none},
                                      {"parameters", O::Match::parameters},
                                      {"flops", O::Match::flops},
                                      {"minutes", O::Match::minutes},
                                      {"tokens", O::Match::tokens}}),
      number_key<O>("budget", "how much of it; flops: of the whole training", FIELD(budget), 0.0,
                    1e30),
  };
  return keys;
}

/// Far above what fits into memory, so that sizes cannot overflow.
constexpr Index kWidestPart = 1'000'000;

const Keys<ModelOptions>& model_keys() {
  using O = ModelOptions;
  using R = RecurrentOptions;
  using T = TransformerOptions;
  static const Keys<O> keys = {
      choice_key<O>("encoder", "what reads the source; none: the decoder, before the target",
                    FIELD(encoder),
                    Choices<EncoderKind>{{"rnn", EncoderKind::rnn},
                                         {"lstm", EncoderKind::lstm},
                                         {"gru", EncoderKind::gru},
                                         {"transformer", EncoderKind::transformer},
                                         {"none", EncoderKind::none}}),
      choice_key<O>("decoder",
                    "fixed_context sees one vector, recurrent (encoder = none) its own state, the "
                    "others attend",
                    FIELD(decoder),
                    Choices<DecoderKind>{{"fixed_context", DecoderKind::fixed_context},
                                         {"bahdanau", DecoderKind::bahdanau},
                                         {"luong", DecoderKind::luong},
                                         {"transformer", DecoderKind::transformer},
                                         {"recurrent", DecoderKind::recurrent}}),
      integer_key<O>("width", "hidden units or model width", FIELD(width), 1, kWidestPart),
      integer_key<O>("embedding", "embedding width; 0: the same as width", FIELD(embedding), 0,
                     kWidestPart),
      integer_key<O>("encoder_layers", "layers of the encoder", FIELD(encoder_layers), 1, 1000),
      integer_key<O>("decoder_layers", "layers of the decoder", FIELD(decoder_layers), 1, 1000),
      flag_key<O>("reverse_source", "the encoder reads the source backwards",
                  FIELD(reverse_source)),
      number_key<O>("dropout", "share of activations set to zero in training", FIELD(dropout), 0.0,
                    0.99),
      choice_key<O>("tie", "output layer = target embedding; all: = source embedding too",
                    FIELD(tie),
                    Choices<O::Tie>{
                        {"none", O::Tie::none}, {"output", O::Tie::output}, {"all", O::Tie::all}}),
      flag_key<O>("bidirectional", "recurrent encoder: reads in both directions",
                  FIELD(recurrent.bidirectional)),
      choice_key<O>("cell", "recurrent decoder's cell", FIELD(recurrent.cell),
                    Choices<Cell>{{"rnn", Cell::rnn}, {"lstm", Cell::lstm}, {"gru", Cell::gru}}),
      choice_key<O>("context", "fixed context: first state only, or input of every step",
                    FIELD(recurrent.context),
                    Choices<R::Context>{{"initial", R::Context::initial},
                                        {"every_step", R::Context::every_step}}),
      choice_key<O>("bridge", "how the decoder's first state comes from the encoder",
                    FIELD(recurrent.bridge),
                    Choices<R::Bridge>{{"copy", R::Bridge::copy}, {"linear", R::Bridge::linear}}),
      choice_key<O>("readout", "before the output layer: the state, or a deep output",
                    FIELD(recurrent.readout),
                    Choices<R::Readout>{{"state", R::Readout::state}, {"deep", R::Readout::deep}}),
      choice_key<O>("score", "luong: attention scores", FIELD(recurrent.score),
                    Choices<R::Score>{{"dot", R::Score::dot}, {"general", R::Score::general}}),
      flag_key<O>("input_feeding", "luong: the attentional vector is an input of the next step",
                  FIELD(recurrent.input_feeding)),
      integer_key<O>("heads", "transformer: attention heads", FIELD(transformer.heads), 1, 10'000),
      integer_key<O>("head_width", "transformer: width of a head; 0: width / heads",
                     FIELD(transformer.head_width), 0, kWidestPart),
      choice_key<O>("attention",
                    "transformer: keys and values for groups of heads, or from one narrow vector",
                    FIELD(transformer.attention),
                    Choices<T::Attention>{{"grouped", T::Attention::grouped},
                                          {"latent", T::Attention::latent}}),
      integer_key<O>("latent", "latent attention: width of that vector; 0: four heads",
                     FIELD(transformer.latent), 0, kWidestPart),
      integer_key<O>("query_latent", "latent attention: the same for queries; 0: none",
                     FIELD(transformer.query_latent), 0, kWidestPart),
      integer_key<O>("rope_width", "latent attention with rope: turned part of a head; 0: half",
                     FIELD(transformer.rope_width), 0, kWidestPart),
      integer_key<O>("experts", "transformer: routed experts for the feed-forward part; 0: none",
                     FIELD(transformer.experts), 0, 10'000),
      integer_key<O>("active_experts", "routed experts that a position uses",
                     FIELD(transformer.active_experts), 1, 10'000),
      integer_key<O>("shared_experts", "experts that every position uses",
                     FIELD(transformer.shared_experts), 0, 10'000),
      integer_key<O>("expert_width", "inner width of an expert; 0: feed_forward / used experts",
                     FIELD(transformer.expert_width), 0, kWidestPart),
      number_key<O>("balance", "weight of the loss that keeps all experts in use",
                    FIELD(transformer.balance), 0.0, 1000.0),
      integer_key<O>("kv_heads",
                     "transformer: self-attention's heads of keys and values; 0: as many as heads",
                     FIELD(transformer.kv_heads), 0, 10'000),
      integer_key<O>("feed_forward",
                     "transformer: inner width; 0: four times width (swiglu: 8/3 times)",
                     FIELD(transformer.feed_forward), 0, kWidestPart),
      choice_key<O>("norm", "transformer: normalization before or after each part",
                    FIELD(transformer.norm),
                    Choices<T::Norm>{{"pre", T::Norm::pre}, {"post", T::Norm::post}}),
      choice_key<O>("normalization", "transformer: layer norm or root mean square norm",
                    FIELD(transformer.normalization),
                    Choices<T::Normalization>{{"layer", T::Normalization::layer},
                                              {"rms", T::Normalization::rms}}),
      choice_key<O>("positions", "transformer: how it knows the order of tokens",
                    FIELD(transformer.positions),
                    Choices<T::Positions>{{"sinusoidal", T::Positions::sinusoidal},
                                          {"learned", T::Positions::learned},
                                          {"rope", T::Positions::rope},
                                          {"alibi", T::Positions::alibi},
                                          {"none", T::Positions::none}}),
      choice_key<O>("activation", "transformer: of the feed-forward part",
                    FIELD(transformer.activation),
                    Choices<T::Activation>{{"relu", T::Activation::relu},
                                           {"gelu", T::Activation::gelu},
                                           {"swiglu", T::Activation::swiglu}}),
      integer_key<O>("max_length", "transformer: learned positions, begin and end marks included",
                     FIELD(transformer.max_length), 1, 10'000'000),
      choice_key<O>("memory", "transformer decoder: sees all positions, or their mean only",
                    FIELD(transformer.memory),
                    Choices<T::Memory>{{"all", T::Memory::all}, {"pooled", T::Memory::pooled}}),
  };
  return keys;
}

static Choices<Precision> precisions() {
  return {{"fp32", Precision::fp32}, {"bf16", Precision::bf16}};
}

const Keys<TrainingOptions>& training_keys() {
  using O = TrainingOptions;
  using Optimizer = OptimizerOptions::Kind;
  using Schedule = ScheduleOptions::Kind;
  const double no_limit = static_cast<double>(kNoLimit);
  static const Keys<O> keys = {
      integer_key<O>("batch_tokens", "padded positions of the longer side in a batch",
                     FIELD(batch.tokens), 1),
      integer_key<O>("batch_sentences", "sentences a batch instead; 0: by tokens",
                     FIELD(batch.sentences), 0),
      choice_key<O>(
          "optimizer", "how gradients become steps", FIELD(optimizer.optimizer),
          Choices<Optimizer>{
              {"adam", Optimizer::adam}, {"adamw", Optimizer::adamw}, {"sgd", Optimizer::sgd}}),
      number_key<O>("learning_rate", "the schedule's peak", FIELD(optimizer.learning_rate), 0.0,
                    1e6),
      number_key<O>("beta1", "adam: decay of the mean", FIELD(optimizer.beta1), 0.0, 1.0),
      number_key<O>("beta2", "adam: decay of the variance", FIELD(optimizer.beta2), 0.0, 1.0),
      number_key<O>("epsilon", "adam: added to the root of the variance", FIELD(optimizer.epsilon),
                    0.0, 1.0),
      number_key<O>("weight_decay", "pulls parameters to zero", FIELD(optimizer.weight_decay), 0.0,
                    1.0),
      number_key<O>("momentum", "sgd", FIELD(optimizer.momentum), 0.0, 1.0),
      choice_key<O>("schedule", "how the learning rate changes", FIELD(schedule.schedule),
                    Choices<Schedule>{{"constant", Schedule::constant},
                                      {"inverse_sqrt", Schedule::inverse_sqrt},
                                      {"plateau", Schedule::plateau},
                                      {"cosine", Schedule::cosine}}),
      integer_key<O>("warmup", "updates of linear rise to the peak", FIELD(schedule.warmup), 0),
      number_key<O>("plateau_factor", "plateau: multiplies the learning rate",
                    FIELD(schedule.plateau_factor), 0.0, 1.0),
      integer_key<O>("plateau_patience", "plateau: validations without a new best",
                     FIELD(schedule.plateau_patience), 1),
      integer_key<O>("max_epochs", "end after so many passes over the data; 0: no limit",
                     FIELD(limits.max_epochs), 0),
      integer_key<O>("max_updates", "end after so many updates; 0: no limit",
                     FIELD(limits.max_updates), 0),
      integer_key<O>("max_tokens", "end after so many target tokens; 0: no limit",
                     FIELD(limits.max_tokens), 0),
      number_key<O>("max_minutes", "end after so much time; 0: no limit", FIELD(limits.max_minutes),
                    0.0, no_limit),
      number_key<O>("label_smoothing", "share of the target spread over the vocabulary",
                    FIELD(label_smoothing), 0.0, 0.99),
      number_key<O>("clip_norm", "largest norm of the gradient; 0: no clipping", FIELD(clip_norm),
                    0.0, no_limit),
      integer_key<O>("validate_every", "updates; 0: at the end of each epoch",
                     FIELD(validate_every), 0),
      integer_key<O>("patience", "end after so many validations without a new best; 0: never",
                     FIELD(patience), 0),
      integer_key<O>("average_last", "average the parameters of so many last validations",
                     FIELD(average_last), 0),
      integer_key<O>("checkpoint_every", "updates; 0: after each validation",
                     FIELD(checkpoint_every), 0),
      integer_key<O>("log_every", "updates between rows of train.csv", FIELD(log_every), 1),
      integer_key<O>("shards", "pieces of a batch that workers share; results depend on it",
                     FIELD(shards), 1, 1024),
      integer_key<O>("workers", "threads; 0: one a processor; results do not depend on it",
                     FIELD(workers), 0, 1024),
      choice_key<O>("precision",
                    "of the inputs of training's products; bf16: about 1.6 times as fast",
                    FIELD(precision), precisions()),
  };
  return keys;
}

const Keys<DecodingOptions>& decoding_keys() {
  using O = DecodingOptions;
  static const Keys<O> keys = {
      integer_key<O>("beam", "hypotheses kept at each step; 1: greedy", FIELD(beam), 1),
      choice_key<O>("length_penalty", "how hypotheses of different lengths are compared",
                    FIELD(length_penalty),
                    Choices<LengthPenalty>{{"none", LengthPenalty::none},
                                           {"average", LengthPenalty::average},
                                           {"gnmt", LengthPenalty::gnmt}}),
      number_key<O>("alpha", "gnmt: strength of the length penalty", FIELD(alpha), 0.0, 10.0),
      number_key<O>("max_length_factor", "longest output: factor * source tokens + offset",
                    FIELD(max_length_factor), 0.0, 1000.0),
      integer_key<O>("max_length_offset", "see max_length_factor", FIELD(max_length_offset), 0),
      integer_key<O>("batch_sentences",
                     "sentences decoded together; fp32 results do not depend on it",
                     FIELD(batch_sentences), 1),
      choice_key<O>("precision", "of the inputs of decoding's products; bf16: faster",
                    FIELD(precision), precisions()),
  };
  return keys;
}

const Keys<EvaluationOptions>& evaluation_keys() {
  using O = EvaluationOptions;
  static const Keys<O> keys = {
      integers_key<O>("length_buckets", "upper ends of the source-length buckets, in tokens",
                      FIELD(length_buckets), 1),
      name_key<O>("tokenize", "BLEU's tokenizer", FIELD(tokenize), {"13a", "none", "char", "intl"}),
      flag_key<O>("lowercase", "BLEU without case", FIELD(lowercase)),
  };
  return keys;
}

}  // namespace seqlab
