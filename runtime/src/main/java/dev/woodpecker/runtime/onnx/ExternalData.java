package dev.woodpecker.runtime.onnx;

import dev.woodpecker.runtime.ModelFormatException;
import dev.woodpecker.runtime.onnx.internal.proto.StringStringEntryProto;
import dev.woodpecker.runtime.onnx.internal.proto.TensorProto;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Tensors whose bytes lie in files beside the model, mapped. A model may name only files inside its own folder: it could be
 * anyone's, and must not be a way to read other files.
 */
record ExternalData(Path model) {

    Path folder() {
        Path parent = model.toAbsolutePath().getParent();
        return parent == null ? model.toAbsolutePath() : parent;
    }

    /** The bytes that {@code external_data} of a tensor names: {@code location}, and optionally {@code offset, length}. */
    MemorySegment map(TensorProto tensor, String place) {
        Map<String, String> entries = new HashMap<>();
        for (StringStringEntryProto entry : tensor.getExternalDataList()) {
            entries.put(entry.getKey(), entry.getValue());
        }
        String location = entries.getOrDefault("location", "");
        if (location.isEmpty()) {
            throw error(place, "external data without a location");
        }
        try {
            Path file = resolve(location, place);
            try (FileChannel channel = FileChannel.open(file)) {
                long offset = number(entries.getOrDefault("offset", "0"), place);
                long rest = Math.max(0, channel.size() - offset);
                long length = entries.containsKey("length") ? number(entries.get("length"), place) : rest;
                if (length > rest) {
                    throw error(
                            place,
                            "external data at " + offset + " to " + (offset + length) + " of " + location
                                    + ", which has " + channel.size() + " bytes");
                }
                return channel.map(FileChannel.MapMode.READ_ONLY, offset, length, Arena.ofAuto());
            }
        } catch (IOException e) {
            throw new ModelFormatException(
                    model.toString(), place, "cannot read external data '" + location + "': " + e, e);
        }
    }

    private Path resolve(String location, String place) throws IOException {
        Path folder = folder().toRealPath();
        Path file;
        try {
            file = folder.resolve(location).normalize();
        } catch (InvalidPathException e) {
            throw new ModelFormatException(model.toString(), place, "external data '" + location + "' is no path", e);
        }
        if (!file.startsWith(folder) || Path.of(location).isAbsolute()) {
            throw error(place, "external data '" + location + "' is outside the model's folder " + folder);
        }
        if (!Files.exists(file)) {
            throw error(place, "external data '" + location + "' is not in " + folder);
        }
        Path real = file.toRealPath();
        if (!real.startsWith(folder)) {
            throw error(
                    place, "external data '" + location + "' is a link to " + real + ", outside the model's folder");
        }
        return real;
    }

    private long number(String text, String place) {
        try {
            long number = Long.parseLong(text);
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw new ModelFormatException(model.toString(), place, "'" + text + "' is no offset or length", e);
        }
        throw error(place, "offset or length " + text + " of external data is negative");
    }

    private ModelFormatException error(String place, String problem) {
        return new ModelFormatException(model.toString(), place, problem);
    }
}
