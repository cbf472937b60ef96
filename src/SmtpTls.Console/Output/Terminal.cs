using System.Text;

namespace SmtpTls.Cli.Output;

/// <summary>
/// Standard output and standard error. Output is for results, error for what is to be known besides them; both are
/// flushed line by line, because a script at the other end of a pipe waits for the line. Used by several threads.
/// </summary>
internal sealed class Terminal : IDisposable
{
    private readonly object _lock = new();
    private readonly StreamWriter _output = Open(System.Console.OpenStandardOutput());
    private readonly StreamWriter _error = Open(System.Console.OpenStandardError());

    /// <summary>Writes lines that belong together, and flushes.</summary>
    /// <exception cref="OutputException">Standard output takes nothing more.</exception>
    public void Write(string lines)
    {
        try
        {
            Write(_output, lines);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OutputException(e);
        }
    }

    /// <summary>Writes an object as one line of JSON.</summary>
    public void WriteJson(string json) => Write(json);

    /// <summary>Writes a line to standard error.</summary>
    public void Log(string line) => Write(_error, line);

    /// <summary>Writes what a person should read to standard error, under the program's name.</summary>
    public void Warn(string sentence) => Write(_error, $"smtptls: {PlainText.Line(sentence)}");

    /// <summary>A failure that ended the command: for people on standard error, for scripts as an object on standard output.</summary>
    public void ReportFailure(SmtpFailure failure, bool json)
    {
        if (json)
        {
            WriteJson(JsonLines.Format(new FailureLine(failure)));
        }

        Warn(Sentences(failure));
    }

    // A message that ends with a server's words has no full stop of its own to part it from the advice.
    private static string Sentences(SmtpFailure failure)
    {
        var message = ShellWords.Of(failure.Message);
        var end = message.Length > 0 && message[^1] is '.' or '!' or '?' or '…' ? "" : ".";
        return failure.Advice.Length == 0 ? message : $"{message}{end} {ShellWords.Of(failure.Advice)}";
    }

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
    }

    // UTF-8 whatever the locale says: JSON is nothing else (RFC 8259 §8.1), and cron has no locale.
    private static StreamWriter Open(Stream stream) => new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { NewLine = "\n" };

    private void Write(StreamWriter writer, string lines)
    {
        lock (_lock)
        {
            writer.WriteLine(lines);
            writer.Flush();
        }
    }
}
