"""What each field of the messages about backup and restore means; see `meanings.py`."""

from typing import Final

BACKUP: Final = {
    "StoreDescription.schema_version": "The version of the documents in the database.",
    "StoreDescription.documents": "How many documents each collection holds that a backup keeps.",
    "StoreDescription.mark": "Changes with every change that a copy must not have half of.",
    "StoreDescription.busy": "How much is under way that a backup waits for.",
    "StoreDescription.is_unfinished": "Whether a restore began and did not end.",
    "ReadStore.collection": "Which collection.",
    "ReadStore.after": "The `after` of the page before; null begins.",
    "StorePage.documents": "The documents: BSON, one after the other, by zlib, in Base64.",
    "StorePage.count": "How many documents the page has.",
    "StorePage.after": "Asks for the next page; null: there is none.",
    "WriteStore.collection": "Into which collection.",
    "WriteStore.documents": "The documents: BSON, one after the other, by zlib, in Base64.",
    "FinishStore.schema_version": "The version that the documents had when the backup was made.",
}
