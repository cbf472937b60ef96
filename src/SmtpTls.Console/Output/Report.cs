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
            Paragraph("", $"{finding.Severity} {finding.Code}: {ShellWords.Of(finding.Message)}");
            Paragraph("seen:  ", finding.Evidence);
            Paragraph("to do: ", ShellWords.Of(finding.Advice));
        }

        return this;
    }

    public Report Failure(SmtpFailure failure)
    {
        Paragraph("", $"{failure.Code}: {ShellWords.Of(failure.Message)}");
        Paragraph("to do: ", ShellWords.Of(failure.Advice));
        return this;
    }

    /// <summary>The lines, without the last line's end.</summary>
    public override string ToString() => _text.ToString().TrimEnd('\n');

    // Text in lines of bearable length: the first behind its label, the others below it. Nothing where there is no text.
    private void Paragraph(string label, string text)
    {
        var first = label.Length == 0 ? "  " : $"    {label}";
        var others = new string(' ', label.Length == 0 ? 4 : first.Length);
        var line = new StringBuilder(first);
        var isEmpty = true;
        foreach (var word in PlainText.Line(text).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!isEmpty && line.Length + 1 + word.Length > Width)
            {
                Append(line.ToString());
                line.Clear().Append(others);
                isEmpty = true;
            }

            line.Append(isEmpty ? "" : " ").Append(word);
            isEmpty = false;
        }

        if (!isEmpty)
        {
            Append(line.ToString());
        }
    }

    private Report Append(string line)
    {
        _text.Append(line.TrimEnd()).Append('\n');
        return this;
    }
}
