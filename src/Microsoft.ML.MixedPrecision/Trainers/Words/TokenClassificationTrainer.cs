using Microsoft.ML.MixedPrecision.Trainers;
using Microsoft.ML.Runtime;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.MixedPrecision;

/// <summary>Trains a Transformer that gives each word of a row a class (part of speech, named entities), on the GPU or the CPU, in mixed
/// precision.</summary>
/// <remarks>
/// <para>The loss is the cross-entropy of the softmax of the network's outputs at the first token of each word, its sum divided by the
/// number of words of the step that have a label: −Σ wᵢ·ln pᵢ ÷ labelled words. Other tokens have neither loss nor gradient. Words are cut
/// into tokens inside the trainer; the model holds the vocabulary.</para>
/// <list type="table">
/// <listheader><term>Trainer Characteristics</term><description></description></listheader>
/// <item><term>Machine learning task</term><description>Token classification: one of several classes for each word</description></item>
/// <item><term>Is normalization required?</term><description>No</description></item>
/// <item><term>Is caching required?</term><description>No: the data are read once, and once
/// before for a vocabulary that is trained</description></item>
/// <item><term>Required NuGet in addition to Microsoft.ML</term><description>Microsoft.ML.MixedPrecision</description></item>
/// <item><term>Exportable to ONNX</term><description>No</description></item>
/// </list>
/// <list type="table">
/// <listheader><term>Column</term><description>Type</description></listheader>
/// <item><term>words, in</term><description>vector of texts, of known or unknown size; a missing or empty one is a word too</description>
/// </item>
/// <item><term>label, in</term><description>vector of keys of UInt32, as many as words; 0, missing, for a word that is not to count; rows
/// without any label are left out, counted and logged</description></item>
/// <item><term>weight, in, optional</term><description>Single, finite and not negative: of all words of the row</description></item>
/// <item><term>tokens, out</term><description>vector of Single, named <c>Tokens(…)</c> by the words: of each token its id and 1 more, 0
/// behind the last</description></item>
/// <item><term>places, out</term><description>vector of Int32, named <c>Places(…)</c> by the words: of each word the place of its first
/// token, from 0; −1 for one beyond <c>MaxTokens</c></description></item>
/// <item><term>out</term><description><c>PredictedLabel</c>, vector of keys like the label's, one a word: 0, missing, for a word beyond
/// <c>MaxTokens</c>; <c>Score</c>, vector of Single, words × classes: of each word the probability of each class, word behind word; NaN for
/// a word beyond <c>MaxTokens</c></description></item>
/// </list>
/// </remarks>
public sealed class TokenClassificationTrainer : NetworkTrainer<NetworkTokenTransformer, NetworkTokenModelParameters>
{
    internal TokenClassificationTrainer(IHostEnvironment env, Options options)
        : base(env, nameof(TokenClassificationTrainer), TokenTask.Of(Checked(options)))
    {
    }

    /// <summary>How to train. The label is a vector of keys of UInt32, one a word.</summary>
    /// <remarks>
    /// <para>Rows are sentences, or other runs of words that are read together. A batch holds the tokens of its rows without padding, as
    /// those of the trainers of texts do (<see cref="TextTrainerOptions"/>), and the same defaults differ from those of other trainers.
    /// Labels may be missing, of some words or of all of a row.</para>
    /// </remarks>
    public sealed class Options : NetworkTrainerOptions, IMulticlassOptions
    {
        /// <summary>The usual options.</summary>
        public Options() => ClipNorm = 1;

        /// <summary>Column of the words, a vector of texts.</summary>
        public string WordsColumnName { get; set; } = "Words";

        /// <summary>How words become tokens. Case is kept by default: it tells names.</summary>
        public TextTokenizer Tokenizer { get; set; } = TextTokenizer.TrainWordPiece(lowerCase: false);

        /// <summary>Tokens of a row at most, from 4 to 65,536, those that begin and end it included. Words beyond have no say in training
        /// and get no prediction, and a warning says how many they were. Memory of attention grows with this number, time with its square
        /// where rows are that long.</summary>
        [Range(32, 512, init: 256, logBase: true)]
        public int MaxTokens { get; set; } = 256;

        /// <summary>The network between tokens and scores.</summary>
        public TextBackbone Backbone { get; set; } = TextBackbone.Transformer();

        /// <summary>Share that training drops of embeddings, of each layer's result, of the softmax of attention and of what scores are
        /// computed from; from 0 to below 1.</summary>
        [Range(0.0, 0.5)]
        public float Dropout { get; set; } = 0.1f;

        /// <inheritdoc/>
        /// <remarks>Here classes are words', and so are the weights.</remarks>
        public IReadOnlyDictionary<string, float>? ClassWeights { get; set; }

        /// <inheritdoc/>
        [Range(0.0, 0.3)]
        public float LabelSmoothing { get; set; }

        /// <inheritdoc cref="TextTrainerOptions.Pretrained"/>
        public PretrainedWeights? Pretrained { get; set; }

        /// <inheritdoc cref="TextTrainerOptions.FineTuning"/>
        public FineTuningOptions FineTuning { get; set; } = new();

        /// <inheritdoc/>
        internal override UsualOptions Usual => Pretrained is null ? TextTrainerOptions.OfTexts : TextTrainerOptions.OfFineTuning;

        /// <inheritdoc/>
        internal override NetworkFamily CreateFamily() => new TokenFamily(this);
    }
}
