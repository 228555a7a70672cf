package dev.woodpecker.runtime.device.cuda;

import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.CacheDirectory.Section;
import dev.woodpecker.runtime.toolchain.CacheEntry;
import dev.woodpecker.runtime.toolchain.ContentKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Entries of the cache that hold a cubin, the assembler's log that tells its resources, and what it was made from. */
record CubinCache(CacheDirectory cache) {
    /** The names that a compiler gives its files; there is PTX only where it passed through our hands. */
    static final String SOURCE = "source.cu";

    static final String PTX = "kernel.ptx";
    static final String CUBIN = "kernel.cubin";
    static final String LOG = "assembler.log";

    /** Part of every key; changes when the files of an entry change. */
    private static final String FORMAT = "cuda kernel 1";

    static ContentKey key(CudaSource source, CudaArchitecture architecture, List<String> compiler) {
        return ContentKey.of(List.of(
                FORMAT, source.text(), source.arithmetic().name(), architecture.name(), String.join("\n", compiler)));
    }

    Optional<Cubin> find(ContentKey key, CudaArchitecture architecture) {
        return cache.find(Section.KERNELS, key).map(entry -> cubin(entry, architecture));
    }

    /** Makes the files that a compiler left in {@code work} an entry. */
    Cubin publish(ContentKey key, CudaArchitecture architecture, Path work) {
        CacheEntry entry = cache.publish(Section.KERNELS, key, directory -> {
            for (String name : List.of(SOURCE, PTX, CUBIN, LOG)) {
                if (Files.exists(work.resolve(name))) {
                    Files.copy(work.resolve(name), directory.resolve(name));
                }
            }
        });
        return cubin(entry, architecture);
    }

    private static Cubin cubin(CacheEntry entry, CudaArchitecture architecture) {
        try {
            String log = Files.readString(entry.file(LOG));
            return new Cubin(entry.file(CUBIN), architecture, KernelResources.parse(log));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + entry.file(LOG), e);
        }
    }
}
