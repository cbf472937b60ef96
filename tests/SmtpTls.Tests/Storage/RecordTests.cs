using SmtpTls.Storage.Records;
using SmtpTls.Storage.Sqlite;

namespace SmtpTls.Tests.Storage;

/// <summary>The compact form of what the store never searches by SQL.</summary>
public class RecordTests
{
    private static readonly TrackingEvent Sample = new()
    {
        Time = DateTimeOffset.UnixEpoch,
        Id = new QueueId(1),
        Kind = TrackingEventKind.Send,
        From = "a@test",
        Recipients = ["b@test", "ü@test"],
        NextHop = "test",
        TlsLevel = TlsLevel.Verify,
        Tls = new TlsEvidence { Mode = TlsMode.StartTls, Protocol = "TLSv1.3", CipherSuite = "X" },
        Age = TimeSpan.FromSeconds(3),
    };

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    public void Numbers_come_back(long number)
    {
        var writer = new RecordWriter();
        writer.Number(number);
        writer.Optional(number);
        writer.Optional(null);

        var reader = new RecordReader(writer.Take());

        Assert.Equal(number, reader.Number());
        Assert.Equal(number, reader.Optional());
        Assert.Null(reader.Optional());
    }

    [Fact]
    public void A_text_that_is_missing_is_not_an_empty_one()
    {
        var writer = new RecordWriter();
        writer.Text(null);
        writer.Text("");
        writer.Text(new string('x', 10_000));

        var reader = new RecordReader(writer.Take());

        Assert.Null(reader.Text());
        Assert.Equal("", reader.Text());
        Assert.Equal(10_000, reader.Text()!.Length);
    }

    [Fact]
    public void A_record_that_is_cut_off_anywhere_is_told_as_damage()
    {
        var record = EventRecord.Encode(Sample);

        for (var length = 0; length < record.Length; length++)
        {
            var damage = Assert.Throws<DatabaseException>(() => EventRecord.Decode(Sample.Time, Sample.Id, record.AsSpan(0, length)));
            Assert.Equal(DatabaseException.Corrupt, damage.Code);
        }
    }

    [Fact]
    public void Whatever_bytes_are_read_nothing_but_damage_is_thrown()
    {
        var random = new Random(4711);
        var record = EventRecord.Encode(Sample);
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = record.ToArray();
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            try
            {
                _ = EventRecord.Decode(Sample.Time, Sample.Id, bytes);
            }
            catch (DatabaseException e)
            {
                Assert.Equal(DatabaseException.Corrupt, e.Code);
            }
        }
    }
}
