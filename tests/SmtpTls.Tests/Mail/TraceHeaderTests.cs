using System.Text;
using SmtpTls.Mail;

namespace SmtpTls.Tests.Mail;

public class TraceHeaderTests
{
    private static readonly DateTimeOffset Time = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
    private static readonly QueueId Id = new(1);

    private static readonly TlsEvidence Tls = new() { Mode = TlsMode.StartTls, Protocol = "TLSv1.3", CipherSuite = "TLS_AES_256_GCM_SHA384" };

    [Fact]
    public void A_message_by_SMTP_tells_its_way() => Assert.Equal(
        "Received: from client.test ([192.0.2.1])\r\n"
        + "\tby relay.test with ESMTPSA id 0000000000001\r\n"
        + "\tfor <b@test>\r\n"
        + "\ttls TLS_AES_256_GCM_SHA384 (TLSv1.3)\r\n"
        + "\t(client certificate SHA-256\r\n"
        + "\tABCD);\r\n"
        + "\tSat, 21 Nov 2026 12:00:00 +0000\r\n",
        Compose(Smtp("client.test") with { Tls = Tls, User = "secret@corp", ClientCertificateSha256 = "ABCD" }, "ESMTPSA", "b@test"));

    [Theory]
    [InlineData(MessageSourceKind.Pickup, "pickup folder")]
    [InlineData(MessageSourceKind.Import, "import")]
    public void A_message_by_another_door_tells_the_door(MessageSourceKind kind, string door) => Assert.Equal(
        $"Received: by relay.test ({door}) id 0000000000001;\r\n\tSat, 21 Nov 2026 12:00:00 +0000\r\n",
        Compose(new MessageOrigin { Kind = kind, Source = "a.eml" }, null, null));

    [Theory]
    [InlineData("[192.0.2.7]", "from [192.0.2.7] (")]
    [InlineData("[IPv6:2001:DB8::7]", "from [IPv6:2001:db8::7] (")]
    [InlineData("[192.0.2.7", "from ?192.0.2.7 (")]
    [InlineData("a(comment)b", "from a?comment?b (")]
    [InlineData("x;by=evil\\", "from x?by?evil? (")]
    [InlineData("\"q\"<a@b>", "from ?q??a?b? (")]
    [InlineData("a\r\nBcc:c", "from a??Bcc?c (")]
    [InlineData("gr\u00fcn", "from gr?n (")]
    [InlineData("", "from unknown (")]
    public void What_the_client_calls_itself_can_neither_end_the_field_nor_comment_it(string name, string expected) =>
        Assert.StartsWith($"Received: {expected}", Compose(Smtp(name), "ESMTP", null), StringComparison.Ordinal);

    [Theory]
    [InlineData("[::ffff:192.0.2.1]:25", "([192.0.2.1])")]
    [InlineData("[fe80::1%3]:25", "([IPv6:fe80::1])")]
    [InlineData("nonsense", "(unknown)")]
    public void The_clients_address_is_a_literal(string endPoint, string expected) =>
        Assert.Contains(expected, Compose(Smtp("a") with { RemoteEndPoint = endPoint }, "ESMTP", null), StringComparison.Ordinal);

    [Fact]
    public void Whatever_a_client_says_it_stays_one_field_of_short_lines()
    {
        var random = new Random(20261121);
        for (var i = 0; i < 2_000; i++)
        {
            var name = new string(Enumerable.Range(0, random.Next(1, 256)).Select(_ => (char)random.Next(0, 0x180)).ToArray());
            var field = Compose(Smtp(name) with { Tls = Tls }, "ESMTPS", i % 2 == 0 ? name : "b@test");
            var lines = field.Split("\r\n");
            Assert.All(lines[..^1], line => Assert.InRange(Encoding.UTF8.GetByteCount(line), 1, 998));
            Assert.All(lines[1..^1], line => Assert.StartsWith("\t", line, StringComparison.Ordinal));
            Assert.DoesNotContain('\r', string.Concat(lines));
            Assert.DoesNotContain('\n', string.Concat(lines));
            Assert.Equal("", lines[^1]);
            Assert.Single(MessageHeaders.Read(Encoding.UTF8.GetBytes(field + "\r\nbody")).Fields);
        }
    }

    [Theory]
    [InlineData("Received: a\r\nX: b\r\nreceived: c\r\n d\r\n\r\nReceived: in the body\r\n", 2)]
    [InlineData("Subject: x\r\n\r\n", 0)]
    [InlineData("", 0)]
    public void Hops_are_counted_in_the_header(string message, int hops) =>
        Assert.Equal(hops, TraceHeader.CountHops(MessageHeaders.Read(Encoding.UTF8.GetBytes(message))));

    private static MessageOrigin Smtp(string hello) => new() { Kind = MessageSourceKind.Smtp, HelloName = hello, RemoteEndPoint = "192.0.2.1:4711" };

    private static string Compose(MessageOrigin origin, string? protocol, string? recipient) =>
        Encoding.UTF8.GetString(TraceHeader.Compose(origin, protocol, "relay.test", Id, recipient, Time));
}
