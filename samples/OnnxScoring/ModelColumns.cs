namespace OnnxScoring;

/// <summary>The inputs of a model, found by name.</summary>
internal sealed class ModelColumns
{
    private readonly Dictionary<string, int> _places;

    /// <summary>Takes the inputs.</summary>
    /// <param name="inputs">The inputs; upper and lower case count only where two names differ in nothing else.</param>
    public ModelColumns(IReadOnlyList<ModelInput> inputs)
    {
        Inputs = inputs;
        bool ignoresCase = inputs.Select(input => input.Name).Distinct(StringComparer.OrdinalIgnoreCase).Count() == inputs.Count;
        _places = new(ignoresCase ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);
        for (int i = 0; i < inputs.Count; i++)
        {
            _places.Add(inputs[i].Name, i);
        }
    }

    /// <summary>The inputs, in the model's order.</summary>
    public IReadOnlyList<ModelInput> Inputs { get; }

    /// <summary>The names, for messages.</summary>
    public string Names => string.Join(", ", Inputs.Select(input => $"'{input.Name}'"));

    /// <summary>The place of an input; −1 for a name that none has.</summary>
    public int Find(string name) => _places.GetValueOrDefault(name, -1);
}
