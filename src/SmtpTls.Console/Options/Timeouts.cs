namespace SmtpTls.Cli.Options;

/// <summary>What --timeout means: no phase waits longer than that.</summary>
internal static class Timeouts
{
    public static ClientTimeouts From(TimeSpan? longest)
    {
        var usual = new ClientTimeouts();
        if (longest is not { } limit)
        {
            return usual;
        }

        return new ClientTimeouts
        {
            Resolve = limit,
            Connect = limit,
            Greeting = limit,
            Hello = limit,
            StartTls = limit,
            Handshake = limit,
            Authenticate = limit,
            MailFrom = limit,
            RcptTo = limit,
            Data = limit,
            DataBlock = limit,
            FinalReply = limit,
            Quit = limit < usual.Quit ? limit : usual.Quit,
        };
    }
}
