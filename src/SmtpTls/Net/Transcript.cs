using System.Globalization;
using SmtpTls.Protocol;

namespace SmtpTls.Net;

/// <summary>Tells the dialogue, line by line and without secrets, to whoever wants to see it.</summary>
/// <param name="sink">Takes the lines; null where nobody does.</param>
/// <param name="phases">Tells the time.</param>
internal sealed class Transcript(Action<TranscriptLine>? sink, PhaseClock phases)
{
    public void Sent(ClientCommand command) => Write(TranscriptDirection.Client, command.Shown);

    /// <summary>The message is never shown, only counted.</summary>
    public void SentMessage(long bytes) =>
        Write(TranscriptDirection.Client, string.Create(CultureInfo.InvariantCulture, $"[{bytes} bytes of message]"));

    /// <summary>A reply, line by line as it came. The caller has taken secrets out of it.</summary>
    public void Received(SmtpReply reply)
    {
        if (sink is null)
        {
            return;
        }

        for (var i = 0; i < reply.Lines.Count; i++)
        {
            var separator = i == reply.Lines.Count - 1 ? ' ' : '-';
            var enhanced = reply.Enhanced is { } code ? $"{code} " : "";
            Write(TranscriptDirection.Server, string.Create(CultureInfo.InvariantCulture, $"{reply.Code}{separator}{enhanced}{reply.Lines[i]}"));
        }
    }

    public void Happened(string text) => Write(TranscriptDirection.Event, text);

    private void Write(TranscriptDirection direction, string text) =>
        sink?.Invoke(new TranscriptLine(direction, Printable.Line(text), phases.Elapsed));
}
