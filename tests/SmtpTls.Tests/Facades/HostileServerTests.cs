using System.Net;
using System.Text;
using SmtpTls.Net;
using SmtpTls.Tests.Support;
using static SmtpTls.Tests.Support.SendFixture;

namespace SmtpTls.Tests.Facades;

/// <summary>Whatever a server sends, the sender comes back with a result, and no level that requires TLS is talked out of it.</summary>
public class HostileServerTests
{
    private const int Rounds = 400;

    private static readonly string[] Pieces =
    [
        "220 mail.test\r\n", "220-", "250 ok\r\n", "250-mail.test\r\n", "250 STARTTLS\r\n", "250-PIPELINING\r\n250-AUTH PLAIN\r\n", "354 go\r\n",
        "421 bye\r\n", "454 no\r\n", "500 what\r\n", "550 5.1.1 no\r\n", "235 ok\r\n", "334 \r\n", "\r\n", "\n", "\0", "99 ", "25", "HTTP/1.1 200 OK\r\n", "é€",
    ];

    [Fact]
    public async Task Any_sequence_of_replies_ends_in_a_result()
    {
        for (var seed = 0; seed < Rounds; seed++)
        {
            var random = new Random(seed);
            var said = string.Concat(Enumerable.Range(0, random.Next(30)).Select(_ => Pieces[random.Next(Pieces.Length)]));
            var level = (TlsLevel)random.Next((int)TlsLevel.Secure + 1);
            var server = new Babbler(Encoding.UTF8.GetBytes(said), random);
            using var message = NewMail();
            var options = Options with
            {
                TlsLevel = level,
                Fingerprints = level == TlsLevel.Fingerprint ? [new string('0', 64)] : [],
                Credential = level > TlsLevel.None && random.Next(2) == 0 ? new NetworkCredential("user", "password") : null,
            };

            var result = await new SmtpSender(Resolver(), TestPki.Clock(), server).SendAsync(options, message, TestContext.Current.CancellationToken);

            Assert.True(result.Accepted == (result.Failure is null), $"seed {seed}: {said}");
            if (level >= TlsLevel.Encrypt || options.Credential is not null)
            {
                Assert.False(result.Accepted, $"seed {seed}: {said}");
                Assert.DoesNotContain("AUTH", await server.HeardAsync(), StringComparison.Ordinal);
            }

            if (level >= TlsLevel.Encrypt)
            {
                Assert.DoesNotContain("MAIL", await server.HeardAsync(), StringComparison.Ordinal);
            }
        }
    }

    /// <summary>Says everything at once or in pieces, listens, and ends.</summary>
    private sealed class Babbler(byte[] said, Random random) : IConnector
    {
        private readonly List<Task<string>> _heard = [];

        public async Task<string> HeardAsync() => string.Concat(await Task.WhenAll(_heard));

        public async ValueTask<Stream> ConnectAsync(IPEndPoint endpoint, CancellationToken cancellationToken)
        {
            var (client, server) = DuplexStream.CreatePair();
            for (var rest = said.AsMemory(); !rest.IsEmpty;)
            {
                var piece = rest[..Math.Min(rest.Length, 1 + random.Next(40))];
                await server.WriteAsync(piece, cancellationToken);
                rest = rest[piece.Length..];
            }

            server.EndWriting();
            _heard.Add(ListenAsync(server));
            return client;
        }

        private static async Task<string> ListenAsync(DuplexStream server)
        {
            using var heard = new MemoryStream();
            await server.CopyToAsync(heard, TestContext.Current.CancellationToken);
            return Encoding.Latin1.GetString(heard.ToArray());
        }
    }
}
