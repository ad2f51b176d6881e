using System.Text.Json.Serialization;
using Microsoft.ML.MixedPrecision.Benchmarks.Defaults;

namespace Microsoft.ML.MixedPrecision.Benchmarks.Tables.Data;

/// <summary>What <c>fetch.sh</c> writes of a table.</summary>
/// <param name="Question">What is asked.</param>
/// <param name="Label">Column of the label.</param>
/// <param name="Positive">The label that counts as yes; null where it is not asked for yes or no.</param>
/// <param name="Rows">Rows.</param>
/// <param name="Numbers">Columns of numbers.</param>
/// <param name="Categories">Columns of categories.</param>
internal sealed record TableDescription(
    [property: JsonConverter(typeof(JsonStringEnumConverter<Question>))] Question Question,
    string Label,
    string? Positive,
    int Rows,
    string[] Numbers,
    string[] Categories);
