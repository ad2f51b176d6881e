using Microsoft.ML.MixedPrecision.Data;
using Microsoft.ML.MixedPrecision.Networks;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.MixedPrecision.Trainers;

/// <summary>
/// A family of networks: from its options to a <see cref="NetworkSpec"/>, and what the network reads. Task, course and machine are not its
/// business (<see cref="NetworkTask"/>, <see cref="NetworkTraining"/>).
/// </summary>
/// <remarks>
/// <para>
/// Whatever columns a family reads, its network reads one vector of Single a row, the column <see cref="FeatureColumn"/>. A family of
/// another kind of column, or of several, gives a mapper (<see cref="CreateMapper"/>) that makes this one out of them. The trainer fits it
/// on the training rows, and the transformer holds it in front of the network: it is saved, loaded, exported and asked for single rows as a
/// step of the pipeline would be, and the column that it makes stays in the result.
/// </para>
/// <para>
/// The other way, a transformer that binds several columns by itself, would read them as they are, without a copy. It was not taken,
/// since ML.NET knows networks by a vector of Single: permutation feature importance permutes the slots of one such column, one-versus-all
/// maps one, prediction engines, scorers and their annotations, saving and ONNX are there for one. All of that would have to be written
/// anew, and the first two could not be. What the mapper costs is a copy of the row, 4 bytes a value; whole numbers (ids) are exact up to
/// 2²⁴.
/// </para>
/// </remarks>
internal abstract class NetworkFamily
{
    /// <summary>
    /// The column that the network reads, a vector of Single of known size. Where there is a mapper, its name says what it is made of: data
    /// that have a column of this name are taken at their word and not mapped again, so that what ML.NET permutes, or gives to several
    /// networks, is read.
    /// </summary>
    public abstract string FeatureColumn { get; }

    /// <summary>The column beside it that says where each word's tokens begin, a vector of Int32; null where labels are of whole
    /// rows.</summary>
    public virtual string? PlacesColumn => null;

    /// <summary>The options that decide the sizes of layers, as the start of a sentence: <c>HiddenLayers [256, 128]</c>.</summary>
    public abstract string Text { get; }

    /// <summary>What makes <see cref="FeatureColumn"/> out of the columns of the data, which it checks; null where the data have
    /// it.</summary>
    /// <param name="env">The context.</param>
    public virtual IEstimator<ITransformer>? CreateMapper(IHostEnvironment env) => null;

    /// <summary>What has made <see cref="FeatureColumn"/> before the fit, where the trainer is only given its result; null for most.
    /// Checkpoints hold it as they hold a mapper.</summary>
    public virtual ITransformer? MadeBy => null;

    /// <summary>Whether features had better be normalised before.</summary>
    public virtual bool WantsNormalization => false;

    /// <summary>What the model does with features that are not finite.</summary>
    public virtual InvalidFeatures InvalidFeatures => InvalidFeatures.ScoreNaN;

    /// <summary>Options of the family that no bit of the training depends on: names of columns, and what is done with the model.</summary>
    public virtual IReadOnlyCollection<string> OptionsWithoutEffect => [];

    /// <summary>Checks the options of the family.</summary>
    /// <exception cref="ArgumentException">One is outside its range.</exception>
    public abstract void Check();

    /// <summary>The network; its input is named <see cref="Rows.RowSchema.Features"/>, as the rows' column is.</summary>
    /// <param name="inputs">Features.</param>
    /// <param name="outputs">Outputs, which the label decides; the last layer is a Linear of as many.</param>
    /// <param name="prepared">An input whose scaling, treatment of gaps and indicators are to be kept: that of a previous model, or of a
    /// network that was made before gaps were looked for; null for what the options say, without indicators.</param>
    /// <param name="categories">Levels of the categories that the last features are; none for most.</param>
    /// <exception cref="InvalidDataException">There is no network of these sizes.</exception>
    public abstract NetworkSpec CreateSpec(int inputs, int outputs, InputSpec? prepared, IReadOnlyList<int> categories);

    /// <summary>The input of a network that reads its rows in another form than as numbers with their zeros; null for these.</summary>
    /// <param name="features">The column of features.</param>
    /// <param name="count">Features.</param>
    /// <param name="look">Looks at the first rows.</param>
    /// <param name="inform">Told what was chosen, where nobody asked for it.</param>
    public virtual InputSpec? InputOf(DataViewSchema.Column features, int count, Func<SparseLook> look, Action<string> inform) => null;

    /// <summary>Where parameters start and how fast they learn.</summary>
    public virtual ParameterRules Rules => ParameterRules.Default;

    /// <summary>Whether starting weights of all layers but the last come from elsewhere (<see cref="Start"/>), so that the seed alone does
    /// not say what they are.</summary>
    public virtual bool HasGivenStart => false;

    /// <summary>What <see cref="Start"/> did that a user should know; null for nothing.</summary>
    public virtual string? StartRemark => null;

    /// <summary>Gives all layers but the last starting weights from elsewhere, where <see cref="HasGivenStart"/>.</summary>
    /// <param name="network">The network of <see cref="CreateSpec"/>.</param>
    /// <exception cref="InvalidDataException">They do not fit.</exception>
    public virtual void Start(Network network)
    {
    }

    /// <summary>Changes the factors of rates that <see cref="Rules"/> has set, where they depend on the place of a layer.</summary>
    /// <param name="network">The network.</param>
    public virtual void SetRates(Network network)
    {
    }

    /// <summary>What keeps its values.</summary>
    /// <param name="network">The network.</param>
    /// <exception cref="InvalidOperationException">Nothing is left to train, or what is named is not there.</exception>
    public virtual FrozenParameters Frozen(Network network) => FrozenParameters.None;

    /// <summary>Whether starting weights are fitted to the rows.</summary>
    public virtual bool StartsFromRows => false;

    /// <summary>Checks that so many rows can be learned from.</summary>
    /// <param name="rows">Rows that train.</param>
    /// <exception cref="InvalidOperationException">They cannot.</exception>
    public virtual void CheckRows(int rows)
    {
    }

    /// <summary>The training rows are read next.</summary>
    /// <param name="mapper">The mapper; null for none.</param>
    public virtual void BeginReading(ITransformer? mapper)
    {
    }

    /// <summary>What the mapper met in the rows read since <see cref="BeginReading"/> that a user should know; null for nothing.</summary>
    /// <param name="mapper">The mapper; null for none.</param>
    public virtual string? Advice(ITransformer? mapper) => null;

    /// <summary>A sentence or two for each option of the family that was set and changes nothing.</summary>
    /// <param name="network">The network that trains.</param>
    /// <param name="previous">The network that training goes on from; null for none.</param>
    /// <param name="mapper">What makes the features, which is the previous model's where there is one; null where the data have
    /// them.</param>
    public virtual IEnumerable<string> Idle(Network network, Network? previous, ITransformer? mapper) => [];
}
