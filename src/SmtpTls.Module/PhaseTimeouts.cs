namespace SmtpTls.Module;

/// <summary>What -TimeoutSeconds means.</summary>
internal static class PhaseTimeouts
{
    /// <summary>A day. Whoever waits longer for one reply has left the prompt.</summary>
    internal const int LongestSeconds = 86_400;

    /// <summary>
    /// The same time for every phase but two: blocks of the message and the reply to the final dot keep the minima of
    /// RFC 5321 §4.5.3.2, because who gives up there sends messages twice.
    /// </summary>
    internal static ClientTimeouts From(int? seconds)
    {
        if (seconds is null)
        {
            return new ClientTimeouts();
        }

        var time = TimeSpan.FromSeconds(seconds.Value);
        return new ClientTimeouts
        {
            Resolve = time,
            Connect = time,
            Greeting = time,
            Hello = time,
            StartTls = time,
            Handshake = time,
            Authenticate = time,
            MailFrom = time,
            RcptTo = time,
            Data = time,
            Quit = time,
        };
    }
}
