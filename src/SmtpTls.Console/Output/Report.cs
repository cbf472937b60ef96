using System.Globalization;
using System.Text;

namespace SmtpTls.Cli.Output;

/// <summary>
/// A few aligned lines for people: a headline, facts under labels, findings with what was seen and what to do. No colour
/// and no box: it reads the same in a terminal, a mail from cron and a ticket.
/// </summary>
internal sealed class Report
{
    private const int LabelWidth = 13;

    // So that a long finding stays readable where it ends up; a terminal of 80 columns breaks it at worst once more.
    private const int Width = 100;

    private readonly StringBuilder _text = new();

    public Report Headline(string text) => Append(PlainText.Line(text));

    /// <summary>A label and its value; nothing where there is no value.</summary>
    public Report Fact(string label, string? value) =>
        string.IsNullOrEmpty(value) ? this : Append($"  {label.PadRight(LabelWidth)}{PlainText.Line(value)}");

    /// <summary>One label and several values, one a line.</summary>
    public Report Facts(string label, IEnumerable<string> values)
    {
        foreach (var value in values)
        {
            Fact(label, value);
            label = "";
        }

        return this;
    }

    public Report Timings(IReadOnlyList<PhaseTiming> timings) => Fact("took", timings.Count == 0 ? null : string.Create(
        CultureInfo.InvariantCulture,
        $"{timings.Sum(t => t.Milliseconds):0} ms ({string.Join(", ", timings.Select(t => string.Create(CultureInfo.InvariantCulture, $"{t.Phase} {t.Milliseconds:0.#}")))})"));

    public Report Findings(IEnumerable<Finding> findings)
    {
        foreach (var finding in findings)
        {
            Paragraph("  ", $"{finding.Severity} {finding.Code}: {finding.Message}");
            if (finding.Evidence.Length > 0)
            {
                Paragraph("      ", $"seen: {finding.Evidence}");
            }

            if (finding.Advice.Length > 0)
            {
                Paragraph("      ", $"to do: {finding.Advice}");
            }
        }

        return this;
    }

    public Report Failure(SmtpFailure failure)
    {
        Paragraph("  ", $"{failure.Code}: {failure.Message}");
        if (failure.Advice.Length > 0)
        {
            Paragraph("      ", $"to do: {failure.Advice}");
        }

        return this;
    }

    /// <summary>Text in lines of bearable length.</summary>
    public Report Paragraph(string indent, string text)
    {
        var line = new StringBuilder();
        foreach (var word in PlainText.Line(text).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && indent.Length + line.Length + 1 + word.Length > Width)
            {
                Append($"{indent}{line}");
                line.Clear();
                indent = indent.Length < 6 ? indent + "  " : indent;
            }

            line.Append(line.Length == 0 ? "" : " ").Append(word);
        }

        return line.Length == 0 ? this : Append($"{indent}{line}");
    }

    /// <summary>The lines, without the last line's end.</summary>
    public override string ToString() => _text.ToString().TrimEnd('\n');

    private Report Append(string line)
    {
        _text.Append(line.TrimEnd()).Append('\n');
        return this;
    }
}
