package dev.woodpecker.runtime.toolchain;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * C kernels that were compiled on another machine, in one file, which the environment variable {@code WPK_LIBRARIES} names: for
 * a machine with a GPU and no C compiler, where what a model computes of its weights once is computed by the processor.
 * A kernel is found by its text, which is the same everywhere for {@link CpuFeatures#portable}.
 *
 * <pre>
 * index           a line for each kernel: key of the text, key that it was compiled under, SHA-256 of the file
 * SHA-256.so      each file once; several kernels may lie in one
 * </pre>
 */
public final class CarriedLibraries {
    /** Names the file. */
    public static final String VARIABLE = "WPK_LIBRARIES";

    private static final String FORMAT = "carried c kernel 1";
    private static final String INDEX = "index";
    private static final String ENDING = ".so";

    private final Path file;
    private final CacheDirectory cache;
    private final Map<String, Place> places = new LinkedHashMap<>();

    /** Where a kernel is. */
    private record Place(ContentKey compiledAs, ContentKey file) {}

    private CarriedLibraries(Path file, CacheDirectory cache) {
        this.file = file;
        this.cache = cache;
    }

    /**
     * Those that the environment names.
     *
     * @throws ToolchainException if it names what is no such file
     */
    static Optional<CarriedLibraries> of(Environment environment, CacheDirectory cache) {
        return environment.get(VARIABLE).map(name -> {
            CarriedLibraries libraries = new CarriedLibraries(Path.of(name), cache);
            try {
                libraries.readIndex();
            } catch (IOException | IllegalArgumentException wrong) {
                throw new ToolchainException(VARIABLE + "=" + name + " is no file of libraries: " + wrong.getMessage()
                        + "; unset it, or name one");
            }
            return libraries;
        });
    }

    private void readIndex() throws IOException {
        try (ZipFile zip = new ZipFile(file.toFile())) {
            String index = new String(content(zip, INDEX), StandardCharsets.UTF_8);
            for (String line : index.lines().toList()) {
                String[] parts = line.split(" ", -1);
                if (parts.length != 3) {
                    throw new IllegalArgumentException("'" + line + "' of its index has not three parts");
                }
                places.put(parts[0], new Place(new ContentKey(parts[1]), new ContentKey(parts[2])));
            }
        }
    }

    private static byte[] content(ZipFile zip, String name) throws IOException {
        ZipEntry entry = zip.getEntry(name);
        if (entry == null) {
            throw new IOException("there is no " + name + " in " + zip.getName());
        }
        return zip.getInputStream(entry).readAllBytes();
    }

    /** Writes a file of these libraries. */
    public static void write(Path file, Collection<SharedLibrary> libraries) throws IOException {
        StringBuilder index = new StringBuilder();
        Map<String, byte[]> files = new LinkedHashMap<>();
        for (SharedLibrary library : libraries) {
            byte[] bytes = Files.readAllBytes(library.file());
            String hash = sha256(bytes).hex();
            files.put(hash, bytes);
            index.append(key(library.source())).append(' ');
            index.append(library.key().hex()).append(' ').append(hash).append('\n');
        }
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file));
                ZipOutputStream zip = new ZipOutputStream(out)) {
            zip.setLevel(Deflater.BEST_COMPRESSION);
            put(zip, INDEX, index.toString().getBytes(StandardCharsets.UTF_8));
            for (Map.Entry<String, byte[]> entry : files.entrySet()) {
                put(zip, entry.getKey() + ENDING, entry.getValue());
            }
        }
    }

    private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
        zip.putNextEntry(new ZipEntry(name));
        zip.write(content);
        zip.closeEntry();
    }

    private static ContentKey sha256(byte[] bytes) {
        try (Arena arena = Arena.ofConfined()) {
            return ContentKey.ofContent(arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes));
        }
    }

    /** Of what the text means, whatever compiled it. */
    private static String key(Source source) {
        return ContentKey.of(
                        FORMAT,
                        source.text(),
                        String.join(" ", source.symbols()),
                        source.options().toString())
                .hex();
    }

    /** What a source was compiled to; empty if it was not carried. */
    Optional<SharedLibrary> find(Source source) {
        return Optional.ofNullable(places.get(key(source)))
                .map(place -> new SharedLibrary(source, place.compiledAs(), extracted(place.file())));
    }

    /** Kept under its hash, by which each use proves it. */
    private Path extracted(ContentKey hash) {
        try (ZipFile zip = new ZipFile(file.toFile());
                Arena arena = Arena.ofConfined()) {
            MemorySegment library = arena.allocateFrom(ValueLayout.JAVA_BYTE, content(zip, hash.hex() + ENDING));
            if (!ContentKey.ofContent(library).equals(hash)) {
                throw new ToolchainException(file + " is damaged: " + hash.hex() + ENDING + " is not what it was");
            }
            return cache.keep(CacheDirectory.Section.KERNELS, hash, "library.so", library);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }

    /** Why a source cannot be had, where there is no compiler either. */
    ToolchainException missing(List<Source> sources, ToolchainException noCompiler) {
        return new ToolchainException(
                "'" + sources.getFirst().name() + "' is not among the libraries of " + file
                        + ", and there is nothing to" + " compile it: "
                        + Objects.requireNonNullElse(noCompiler.getMessage(), "no C compiler"),
                noCompiler);
    }
}
