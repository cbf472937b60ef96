using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace SmtpTls.Tests.Architecture;

/// <summary>
/// Reads the built engine: its own types, which of them each one uses, and what other assemblies it needs. Nested and
/// compiler-generated types count to the type that declares them. Used is what the metadata shows: base types, interfaces,
/// fields, signatures, constraints, attributes, locals, caught exceptions and every token of every method body. Constants
/// and <c>nameof</c> leave no trace in an assembly and are not seen.
/// </summary>
internal sealed class EngineAssembly : IDisposable
{
    // Roslyn's record of the document of a type that has no method body: an enum, an interface (Portable PDB, TypeDefinitionDocuments).
    private static readonly Guid TypeDefinitionDocuments = new("932E74BC-DBA9-4478-8D46-0F32A7BAB3D3");

    private readonly PEReader _image;
    private readonly MetadataReader _metadata;
    private readonly MetadataReaderProvider _symbolsProvider;
    private readonly MetadataReader _symbols;

    public EngineAssembly(string path)
    {
        _image = new PEReader(File.OpenRead(path));
        _metadata = _image.GetMetadataReader();
        if (!_image.TryOpenAssociatedPortablePdb(path, File.OpenRead, out var provider, out _) || provider is null)
        {
            _image.Dispose();
            throw new FileNotFoundException($"The portable PDB of {path} is needed: it tells which folder a type lives in.");
        }

        _symbolsProvider = provider;
        _symbols = provider.GetMetadataReader();
    }

    /// <summary>The simple names of the assemblies it refers to.</summary>
    public IReadOnlyList<string> References =>
        [.. _metadata.AssemblyReferences.Select(handle => _metadata.GetString(_metadata.GetAssemblyReference(handle).Name))];

    /// <summary>Every top-level type of the namespace SmtpTls and below, with the types of its own assembly that it uses.</summary>
    public IReadOnlyList<TypeUse> ReadTypes()
    {
        var uses = new Dictionary<TypeDefinitionHandle, HashSet<TypeDefinitionHandle>>();
        var folders = new Dictionary<TypeDefinitionHandle, string>();
        foreach (var handle in _metadata.TypeDefinitions)
        {
            var owner = Outermost(handle);
            var used = new TokenUse(_metadata, _image).OfType(handle);
            uses.TryAdd(owner, []);
            uses[owner].UnionWith(used.Select(Outermost));
            if (FolderOf(handle) is { } folder)
            {
                folders.TryAdd(owner, folder);
            }
        }

        return [.. from entry in uses
                   where IsEngine(entry.Key)
                   select new TypeUse(
                       NameOf(entry.Key),
                       folders.GetValueOrDefault(entry.Key, ""),
                       [.. entry.Value.Where(used => used != entry.Key && IsEngine(used)).Select(NameOf).Order(StringComparer.Ordinal)])];
    }

    public void Dispose()
    {
        _symbolsProvider.Dispose();
        _image.Dispose();
    }

    private TypeDefinitionHandle Outermost(TypeDefinitionHandle handle)
    {
        var declaring = _metadata.GetTypeDefinition(handle).GetDeclaringType();
        return declaring.IsNil ? handle : Outermost(declaring);
    }

    private bool IsEngine(TypeDefinitionHandle handle)
    {
        var space = _metadata.GetString(_metadata.GetTypeDefinition(handle).Namespace);
        return space == "SmtpTls" || space.StartsWith("SmtpTls.", StringComparison.Ordinal);
    }

    private string NameOf(TypeDefinitionHandle handle)
    {
        var type = _metadata.GetTypeDefinition(handle);
        return $"{_metadata.GetString(type.Namespace)}.{_metadata.GetString(type.Name)}";
    }

    // The first folder below src/SmtpTls of the file the type is written in; "" for that folder itself, null where no file is known.
    private string? FolderOf(TypeDefinitionHandle handle)
    {
        var documents = _metadata.GetTypeDefinition(handle).GetMethods()
            .Select(method => _symbols.GetMethodDebugInformation(method.ToDebugInformationHandle()).Document)
            .Concat(_symbols.GetCustomDebugInformation(handle)
                .Select(_symbols.GetCustomDebugInformation)
                .Where(information => _symbols.GetGuid(information.Kind) == TypeDefinitionDocuments)
                .Select(information => MetadataTokens.DocumentHandle(_symbols.GetBlobReader(information.Value).ReadCompressedInteger())));
        foreach (var document in documents.Where(document => !document.IsNil))
        {
            var path = _symbols.GetString(_symbols.GetDocument(document).Name).Replace('\\', '/');
            var start = path.LastIndexOf("/src/SmtpTls/", StringComparison.Ordinal);
            if (start >= 0)
            {
                var below = path[(start + "/src/SmtpTls/".Length)..].Split('/');
                return below.Length > 1 ? below[0] : "";
            }
        }

        return null;
    }
}
