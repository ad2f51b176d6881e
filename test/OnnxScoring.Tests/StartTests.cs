using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.MixedPrecision;

namespace OnnxScoring.Tests;

/// <summary>A service that cannot start says why in a sentence.</summary>
[TestClass]
internal sealed class StartTests
{
    [TestMethod]
    [DataRow("--max-batch", "0", "--max-batch is 0: write a number from 1 to 4096")]
    [DataRow("--max-batch", "many", "'many'")]
    [DataRow("--max-delay", "-1", "--max-delay is -1")]
    [DataRow("--queue", "0", "--queue is 0")]
    [DataRow("--model", "nowhere.onnx", "--model nowhere.onnx: there is no such file")]
    public void Build_BadSetting_SaysWhich(string name, string value, string says)
        => Assert.Contains(says, Assert.ThrowsExactly<StartException>(() => ScoringService.Build([name, value])).Message);

    [TestMethod]
    public void Build_FileThatIsNoModel_SaysSo()
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "no model");
            Assert.Contains(
                "The ONNX file is refused",
                Assert.ThrowsExactly<StartException>(() => ScoringService.Build(["--model", file])).Message);
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>A file for two rows at a time, no more and no fewer.</summary>
    [TestMethod]
    public void Build_ModelOfAFixedNumberOfRows_SaysWhatItHas()
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, IdentityFile.Of(rows: 2, columns: 3));
            string message = Assert.ThrowsExactly<StartException>(() => ScoringService.Build(["--model", file])).Message;
            Assert.Contains("for any number of rows; this one has x (Float: 2 × 3)", message);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [TestMethod]
    public void Program_AskedForHelp_NamesAllOptionsAndPaths()
    {
        string program = Path.Combine(AppContext.BaseDirectory, "OnnxScoring.dll");
        using Process process = Process.Start(new ProcessStartInfo("dotnet", [program, "--help"]) { RedirectStandardOutput = true })!;
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.AreEqual(0, process.ExitCode);
        foreach (
            string part in ScoringOptions.Switches.Keys.Concat(
                ["--urls", "--help", "POST /score", "GET /health", "GET /stats", "GET /openapi/v1.json"]))
        {
            Assert.Contains(part, text);
        }
    }

    /// <summary>The program in a folder without ONNX Runtime's native library.</summary>
    [TestMethod]
    public void Program_WithoutNativeLibrary_SaysWhichPackage()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("onnxscoring");
        try
        {
            string model = Path.Combine(folder.FullName, "two.onnx");
            ExportOfTwoInputs(model);
            foreach (
                string file in Directory.EnumerateFiles(AppContext.BaseDirectory).Where(
                    file => file.EndsWith(".dll", StringComparison.Ordinal) || Path.GetFileName(file) == "OnnxScoring.runtimeconfig.json"))
            {
                File.Copy(file, Path.Combine(folder.FullName, Path.GetFileName(file)));
            }

            var start = new ProcessStartInfo(
                "dotnet",
                [
                    Path.Combine(folder.FullName, "OnnxScoring.dll"),
                    "--urls",
                    "http://127.0.0.1:0",
                    "--model",
                    model])
            { RedirectStandardError = true };
            using Process process = Process.Start(start)!;
            string error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            Assert.AreEqual(1, process.ExitCode, error);
            Assert.StartsWith("ONNX Runtime's native library is missing", error);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void ExportOfTwoInputs(string path)
    {
        var ml = new MLContext(seed: 1);
        IDataView rows = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 8).Select(i => new TwoInputs { A = i, B = -i, Label = i }));
        ITransformer model = ml.Transforms.Concatenate("Features", "A", "B")
            .Append(ml.MixedPrecision().Trainers.MlpRegression(new MlpRegressionTrainer.Options { HiddenLayers = [], Epochs = 1 }))
            .Fit(rows);
        ml.MixedPrecision().Model.ExportToOnnx(model, rows.Schema, path);
    }

    private sealed class TwoInputs
    {
        public float A { get; set; }

        public float B { get; set; }

        public float Label { get; set; }
    }
}
