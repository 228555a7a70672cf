package dev.woodpecker.runtime.device.cuda;

import dev.woodpecker.runtime.toolchain.CacheDirectory;
import dev.woodpecker.runtime.toolchain.CacheDirectory.Section;
import dev.woodpecker.runtime.toolchain.CacheEntry;
import dev.woodpecker.runtime.toolchain.ContentKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Entries of the cache that hold a cubin, the assembler's log that tells its resources, and what it was made from. */
record CubinCache(CacheDirectory cache) {
    static final String CUBIN = "kernel.cubin";
    private static final String LOG = "assembler.log";
    private static final String SOURCE = "source.cu";
    /** Part of every key; changes when the files of an entry change. */
    private static final String FORMAT = "cuda kernel 1";

    /** What a compiler made: {@code texts} are the names and contents of files that are kept beside the cubin. */
    record Output(byte[] cubin, String log, Map<String, String> texts) {}

    static ContentKey key(CudaSource source, CudaArchitecture architecture, List<String> compiler) {
        return ContentKey.of(List.of(
                FORMAT,
                source.text(),
                source.arithmetic().name(),
                architecture.name(),
                String.join("\n", compiler)));
    }

    Optional<Cubin> find(ContentKey key, CudaArchitecture architecture) {
        return cache.find(Section.KERNELS, key).map(entry -> cubin(entry, architecture));
    }

    Cubin publish(ContentKey key, CudaSource source, CudaArchitecture architecture, Output output) {
        CacheEntry entry = cache.publish(Section.KERNELS, key, directory -> {
            Files.write(directory.resolve(CUBIN), output.cubin());
            Files.writeString(directory.resolve(LOG), output.log());
            Files.writeString(directory.resolve(SOURCE), source.text());
            for (Map.Entry<String, String> text : output.texts().entrySet()) {
                Files.writeString(directory.resolve(text.getKey()), text.getValue());
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
