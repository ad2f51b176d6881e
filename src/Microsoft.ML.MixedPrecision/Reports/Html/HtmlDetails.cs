namespace Microsoft.ML.MixedPrecision.Reports;

/// <summary>What a report says below the curves: memory, formats, ranges, times, environment.</summary>
internal static class HtmlDetails
{
    /// <summary>FP16's largest value.</summary>
    private const float Float16End = 65504;

    /// <summary>Writes it.</summary>
    /// <param name="html">The page.</param>
    /// <param name="result">The training.</param>
    public static void Write(Html html, TrainingResult result)
    {
        Memory(html, result.Memory);
        Times(html, result.Timings);
        Formats(html, result);
        Ranges(html, result);
        Environment(html, result);
    }

    private static void Memory(Html html, MemoryReport memory)
    {
        (string Name, long Bytes, string What)[] categories =
        [
            ("masters", memory.Masters, "Float32 weights"),
            ("shadows", memory.Shadows, "16-bit copies of the weights that products read"),
            ("gradients", memory.Gradients, "Float32 gradients of the weights"),
            ("moments", memory.Moments, "what the optimizer remembers, Float32"),
            ("activations", memory.Activations, "what backward needs, and its gradients"),
            ("workspace", memory.Workspace, "labels, states, records"),
            ("scratch", memory.Scratch, "working memory of the kernels"),
            ("data", memory.Data, "the training rows"),
        ];
        html.Raw("<section><h2>Memory</h2>\n");
        HtmlTable.WriteBars(
            html,
            $"{Figures.Bytes(memory.Total)} in all, taken before the first step",
            ("Category", "Size", "What it holds"),
            [.. categories.Select(category => (category.Name, (double)category.Bytes, Figures.Bytes(category.Bytes), category.What))]);
        html.Raw("</section>\n");
    }

    private static void Times(Html html, TrainingTimings timings)
    {
        html.Raw("<section><h2>Time</h2>\n");
        HtmlTable.WriteBars(
            html,
            $"{Figures.Time(timings.Reading + timings.Staging + timings.Training)}, planning not counted",
            ("Phase", "Time", "What it does"),
            [
                ("reading", timings.Reading.TotalSeconds, Figures.Time(timings.Reading), "rows through the pipeline, checks, conversion"),
                ("staging", timings.Staging.TotalSeconds, Figures.Time(timings.Staging), "copying the rows to the device"),
                ("training", timings.Training.TotalSeconds, Figures.Time(timings.Training), "steps, validation, callbacks"),
            ]);
        html.Raw("</section>\n");
    }

    private static void Formats(Html html, TrainingResult result)
    {
        html.Add($"<section><h2>Formats and reasons</h2><p class=\"soft\">{result.Explanation.Heading}</p>\n");
        if (result.Explanations.Count > 0)
        {
            html.Raw("<div class=\"card\">\n");
            HtmlTable.Write(
                html,
                "Each operation in forward order",
                [new("Layer"), new("Operation"), new("Shape"), new("Operands"), new("Stored"), new("Reason")],
                [.. result.Explanations.Select(op => (object[])[op.Layer, op.Operation, op.Shape, op.Operands, op.Stored, op.Reason])]);
            html.Raw("</div>\n");
        }

        if (result.Explanation.Products.Length > 0)
        {
            html.Raw("<details><summary>Algorithms of the products</summary><pre>");
            foreach (string line in result.Explanation.Products.Split('\n').Take(HtmlTable.MostRows))
            {
                html.Add($"{line}\n");
            }

            html.Raw("</pre></details>\n");
        }

        html.Raw("</section>\n");
    }

    private static void Ranges(Html html, TrainingResult result)
    {
        html.Raw("<section><h2>Value ranges</h2>\n");
        if (result.Ranges.Count == 0)
        {
            html.Raw("<p class=\"soft\">Not measured: RangeProbeInterval was 0.</p></section>\n");
            return;
        }

        html.Raw("<div class=\"card\">\n");
        HtmlTable.Write(
            html,
            "What the probes met; Float16 ends at 65,504 and loses precision below 6.1·10⁻⁵. Gradients are as stored, times the loss scale",
            [new("Value"), new("Format"), new("Largest", true), new("Of Float16's end", true), new("Below normal", true),
                new("Zeros", true)],
            [.. result.Ranges.Select(range => (object[])
            [
                range.Name,
                range.Format,
                Figures.NumberOrDash(range.Largest),
                float.IsFinite(range.Largest) && range.Largest < Float16End ? Figures.Percent(range.Largest / Float16End) : "beyond",
                Figures.Percent(range.BelowNormal),
                Figures.Percent(range.Zeros),
            ])]);
        html.Raw("</div></section>\n");
    }

    private static void Environment(Html html, TrainingResult result)
    {
        TrainingEnvironment environment = result.Environment;
        (string Name, string Value)[] facts =
        [
            ("Device", result.Device), ("Policy", result.Precision.ToString()), ("Trainer", environment.Trainer),
            ("Microsoft.ML.MixedPrecision", environment.Library), ("ML.NET", environment.MLNet), ("Runtime", environment.Runtime),
            ("System", environment.OperatingSystem),
        ];
        html.Raw("<section><h2>Environment</h2><div class=\"card\">\n");
        HtmlTable.Write(
            html,
            "With what it was trained",
            [new("What"), new("Value")],
            [.. facts.Select(fact => (object[])[fact.Name, fact.Value.Length == 0 ? Figures.Unknown : fact.Value])]);
        html.Raw("</div>\n");
        if (environment.Options.Count > 0)
        {
            HtmlTable.WriteFolded(
                html,
                "Options of the trainer",
                [new("Option"), new("Value")],
                [.. environment.Options.Select(option => (object[])[option.Key, option.Value])]);
        }

        html.Raw("</section>\n");
    }
}
