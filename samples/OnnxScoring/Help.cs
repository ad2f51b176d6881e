namespace OnnxScoring;

/// <summary>What <c>--help</c> says.</summary>
internal static class Help
{
    /// <summary>The text.</summary>
    public const string Text = """
        Serves an ONNX file, such as ExportToOnnx writes, over HTTP.

        OnnxScoring [options]

          --model FILE              the file; without it a small network on digits, trained at the first start
          --max-batch ROWS          most rows that are scored together, and of one request: 1 to 4096, 64 without it
          --max-delay MILLISECONDS  how long a batch with room left waits for more rows: 0 without it
          --queue REQUESTS          requests that may wait before the next one is answered with 503: 1024 without it
          --urls URLS               where to listen: http://localhost:5000 without it
          --help                    this text

        POST /score            a row, {"Age": 30, "City": "Oslo"}; rows, [{"Age": 30, "City": "Oslo"}, …]; or columns of rows,
                               {"Age": [30, 31], "City": ["Oslo", "Rome"]}. Fields are the columns that the pipeline reads, whatever their
                               case; vectors are arrays; null is a missing number or text. The answer has the columns that it makes, in
                               the same form; numbers that are not finite are the texts "NaN", "Infinity" and "-Infinity".
        GET /health            the model and its columns
        GET /stats             requests, rows and batches since the start
        GET /openapi/v1.json   the same as an OpenAPI document
        """;

    /// <summary>Whether an argument asks for it.</summary>
    public static bool IsAskedBy(string argument) => argument is "--help" or "-h" or "-?" or "/?";
}
