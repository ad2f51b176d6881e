namespace DocsApp;

/// <summary>What is to be done with a fenced block or a comment of a page.</summary>
internal enum FenceKind
{
    /// <summary>A block that the reader sees.</summary>
    Shown,

    /// <summary>Code in a comment, <c>&lt;!-- csharp … --&gt;</c>: it runs with the blocks around it, unseen.</summary>
    Hidden,
}

/// <summary>A fenced block of a page, or code that a comment hides.</summary>
/// <param name="Kind">Seen or hidden.</param>
/// <param name="Language">The word behind the fence: csharp, sh, powershell, json, xml, text; empty for none.</param>
/// <param name="Text">The lines between, joined by line feeds.</param>
/// <param name="Line">The number of the first of them in the page, from 1.</param>
/// <param name="Section">How many headings of level two stand above.</param>
/// <param name="File">
/// The name in a comment <c>&lt;!-- file: NAME --&gt;</c> right above: the block becomes that file, for the code of the page.
/// Null for none.
/// </param>
internal sealed record Fence(FenceKind Kind, string Language, string Text, int Line, int Section, string? File);
